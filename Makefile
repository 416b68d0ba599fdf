# GNU make 3.81 or newer; `make` alone lists what there is. Values reach the shell through the
# environment and never as text of a recipe, so blanks, quotes, $ and Chinese arrive as typed.

PYTHON ?= python3
RETURNS ?= data/returns
OUTPUT ?= output

VALUES := RETURNS OUTPUT REGISTER RULEBOOK READINGS JUDGES UNIT CLAUSE TO YEAR FROM NAME ARGS
$(foreach name,$(VALUES),$(eval override $(name) := $$(value $(name))))
export $(VALUES)

SHELL := /bin/sh
VENV := .venv
RUN := $(VENV)/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check install --quiet --require-hashes
# A stamp is newer than its lock file as long as nothing is to be installed: a later run costs
# two looks at the disk.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

# What the tests run must not be handed this call's variables.
PYTEST = unset $(VALUES) MAKEFLAGS MFLAGS MAKELEVEL; exec $(RUN) pytest
PARALLEL := -n logical --dist loadfile
QUICK := tests/unit tests/test_house.py tests/test_wording.py tests/test_rulebook.py \
	tests/test_discover.py tests/test_forms.py

.DEFAULT_GOAL := help
.NOTPARALLEL:

## 日常使用 · for the office

.PHONY: score
score: $(READY) # 计分：make score RETURNS=文件夹 OUTPUT=文件夹 REGISTER=台账（多个用;隔开） READINGS="口径 口径" · score and rank
	@exec $(RUN) pipeline make score

.PHONY: check
check: $(READY) # 只检查、做退回件，不排名：make check RETURNS=文件或文件夹 · findings and marked copies only
	@exec $(RUN) pipeline make check

.PHONY: explain
explain: $(READY) # 一条得分的来历：make explain UNIT=源汇区 CLAUSE=一.7 RETURNS=文件夹 · where points come from
	@exec $(RUN) pipeline make explain

.PHONY: template
template: $(READY) # 生成报送模板和空白台账 · the intake template and an empty register
	@exec $(RUN) pipeline make template

.PHONY: email
email: $(READY) # 寄送排名的邮件草稿：make email TO=邮箱 OUTPUT=结果文件夹 · a draft with the results
	@exec $(RUN) pipeline make email

.PHONY: email-feedback
email-feedback: $(READY) # 给各单位的退回邮件草稿：make email-feedback OUTPUT=结果文件夹 · a draft for each unit
	@exec $(RUN) pipeline make email-feedback

## 计分规则 · the rules

.PHONY: new-year
new-year: $(READY) # 准备下一年的计分规则：make new-year YEAR=年份 FROM=照哪一份 · next year's rulebook
	@exec $(RUN) pipeline make new-year

.PHONY: new-measure
new-measure: $(READY) # 为另一个考核办法从头做一份计分规则：make new-measure NAME=名称 · a rulebook from nothing
	@exec $(RUN) pipeline make new-measure

.PHONY: rulebook-diff
rulebook-diff: $(READY) # 两份计分规则相比有什么变化：make rulebook-diff FROM=旧 TO=新 · what changes
	@exec $(RUN) pipeline make rulebook-diff

.PHONY: rulebook-workbook
rulebook-workbook: $(READY) # 把计分规则做成工作簿，在表格里改：make rulebook-workbook YEAR=年份 · the rules as a workbook
	@exec $(RUN) pipeline make rulebook-workbook

.PHONY: rulebook
rulebook: $(READY) # 检查改好的工作簿，写回计分规则：make rulebook FROM=计分规则.xlsx · the workbook back into the rules
	@exec $(RUN) pipeline make rulebook

.PHONY: docs
docs: $(READY) # 更新 docs 里的规则页和问题一览 · pages made from the rulebook and the findings
	@exec $(RUN) pipeline make documents

## 维护程序 · for developers

.PHONY: quick
quick: $(READY_DEV) # 一分钟以内的测试 · the tests that take less than a minute
	@eval "set -- $$ARGS"; $(PYTEST) $(PARALLEL) $(QUICK) "$$@"

.PHONY: test
test: $(READY_DEV) # 几分钟的测试：make test ARGS="-k '这个 or 那个'" · all tests but the slow and the long ones
	@eval "set -- $$ARGS"; $(PYTEST) $(PARALLEL) -m "not slow and not long" "$$@"

.PHONY: test-all
test-all: $(READY_DEV) # 全部测试（按分钟计的除外） · the slow ones too: what .ci/run does
	@eval "set -- $$ARGS"; $(PYTEST) $(PARALLEL) "$$@"

.PHONY: test-windows
test-windows: $(READY_DEV) # 在 Wine 里用 Windows 版 Python 测试，要 root：ARGS="-k 这个" · on a Windows Python, in Wine
	@eval "set -- $$ARGS"; exec $(RUN) tools.windows "$$@"

.PHONY: coverage
coverage: $(READY_DEV) # 测试走到了哪些行、哪些没有 · which lines the tests reach
	@rm -rf build/coverage && mkdir -p build/coverage
	@eval "set -- $$ARGS"; unset $(VALUES) MAKEFLAGS MFLAGS MAKELEVEL; \
	$(RUN) coverage run -m pytest "$$@" && $(RUN) coverage combine --quiet && \
	exec $(RUN) coverage report

.PHONY: lint
lint: $(READY_DEV) # 检查代码写法 · ruff
	@$(RUN) ruff check . && $(RUN) ruff format --check .

.PHONY: types
types: $(READY_DEV) # 检查代码类型 · mypy, strict
	@exec $(RUN) mypy

.PHONY: sample
sample: $(READY) # 重写示例报送材料 data/returns · rewrite the sample returns
	@exec $(RUN) tools.sample_returns

.PHONY: pictures
pictures: export SOURCE_DATE_EPOCH = 1452222000
pictures: score # 给文档里的结果截图 · pictures of the real outputs for the docs
	@exec $(RUN) tools.pictures "$$OUTPUT"

.PHONY: forms
forms: $(READY_DEV) # 更新 docs/forms.md 写法一览 · the table of written forms, from the tests' cases
	@exec $(RUN) tools.forms

.PHONY: fuzz
fuzz: $(READY_DEV) # 用改坏的工作簿反复试读：make fuzz ARGS="--cases 20000 --minutes 15 --seed 1" · fuzzing
	@eval "set -- $$ARGS"; exec $(RUN) tools.fuzz "$$@"

.PHONY: soak
soak: $(READY_DEV) # 运行费时的测试（反复中断等） · the tests that take minutes
	@$(PYTEST) -m long

.PHONY: bench
bench: $(READY_DEV) # 测速度和内存，更新 docs/benchmarks.md · speed and memory beside other tools
	@eval "set -- $$ARGS"; exec $(RUN) tools.bench "$$@"

.PHONY: bench-stress
bench-stress: $(READY_DEV) # 两万份报送材料的速度和内存（约需一小时） · 20,000 returns
	@exec $(RUN) tools.bench --stress

.PHONY: lock
lock: $(VENV)/bin/python # 重新锁定程序库版本；UPGRADE=1 升级到最新 · pin the libraries
	@$(RUN) pip --disable-pip-version-check install --quiet --upgrade --target build/uv "uv>=0.8"
	@$(LOCK) --output-file requirements.lock
	@$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

.PHONY: kit
kit: $(READY_DEV) # 做出 Windows 用的压缩包，不用上网：ARGS="--python 3.13 --embed 内嵌版.zip" · a zip for Windows
	@eval "set -- $$ARGS"; exec $(RUN) tools.kit "$$@"

.PHONY: mutants
mutants: $(READY_DEV) # 程序改错一处，测试应能发现：约半小时；ARGS=--anew 从头再来 · mutation testing
	@exec $(RUN) tools.mutants $$ARGS

.PHONY: clean
clean: # 删除安装的程序库和缓存（不删 output） · remove what was installed, keep outputs
	@rm -rf $(VENV) build .pytest_cache .hypothesis .mypy_cache .ruff_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: # 列出所有命令 · this list
	@awk '/^## / { print "\n" substr($$0, 4) } \
	  /^[a-z-]+:.* # / { split($$1, t, ":"); sub(/^[^#]* # /, ""); printf "  make %-15s %s\n", t[1], $$0 }' \
	  Makefile

LOCK = build/uv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url $(if $(UPGRADE),--upgrade)

$(VENV)/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "需要 Python 3.11 或更高版本，现在是 $$("$(PYTHON)" --version 2>&1)。" \
	    "可用 make PYTHON=程序路径 指定另一个。" >&2; exit 1; }
	@echo "第一次使用，正在准备运行环境，约需一分钟……" >&2
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
	  echo "建不了运行环境。Debian、Ubuntu 请先安装 python3-venv，再运行一次。" >&2; exit 1; }

NO_LIBRARIES = { echo "程序库没有装上。第一次使用要联网；装好以后不再需要。" >&2; exit 1; }

$(READY): requirements.lock $(VENV)/bin/python
	@$(PIP) --requirement $< || $(NO_LIBRARIES)
	@touch $@

# The developers' list holds the whole of the other one.
$(READY_DEV): requirements-dev.lock $(VENV)/bin/python
	@$(PIP) --requirement $< || $(NO_LIBRARIES)
	@touch $@ $(READY)
