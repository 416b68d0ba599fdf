"""What the tests are made with: returns, registers, an independent scorer, catalogues of faults."""
