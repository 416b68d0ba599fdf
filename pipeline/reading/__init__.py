"""Files become raw values: found, unpacked within limits, read in worker processes."""
