# The commands of the house. They work from any folder (make -C path run), as any user, and after the
# first time without a network. PORT, DATA_DIR and DATABASE_URL say where the program runs, so that two
# can run side by side: make run PORT=9000 DATA_DIR=/tmp/other

.PHONY: help run test lint bench fuzz siege lock clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
PREPARED := @sh .ci/prepare
# A make that is killed takes its program along.
WITH_MAKE := exec $(PYTHON) -I -S bot/database/launcher.py SIGKILL $$PPID --

help:
	@echo 'make run    start everything, with a simulator of WhatsApp  (PORT, DATA_DIR, DATABASE_URL)'
	@echo 'make test   run the tests                                   (ARGS="-k shopping")'
	@echo 'make lint   check style and types'
	@echo 'make bench  measure throughput and latency                  (QUICK=1, GROWTH=1)'
	@echo 'make fuzz   give every parser hostile input, for ten minutes  (SECONDS=60 SEED=2)'
	@echo 'make siege  kill everything for a while, check the books    (SECONDS=1800 SEED=7)'
	@echo 'make lock   pin the packages of pyproject.toml anew         (UPGRADE=1)'
	@echo 'make clean  remove what can be made again; data stays'

run:
	$(PREPARED)
	@$(WITH_MAKE) $(PYTHON) -m bot run

test:
	$(PREPARED)
	@$(WITH_MAKE) $(PYTHON) -m pytest --numprocesses 4 --dist worksteal $(ARGS)

lint:
	$(PREPARED)
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

bench:
	$(PREPARED)
	@$(WITH_MAKE) $(PYTHON) -m tests.benchmark

fuzz:
	$(PREPARED)
	@$(WITH_MAKE) $(PYTHON) -m tests.fuzz --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

siege:
	$(PREPARED)
	@$(WITH_MAKE) $(PYTHON) -m tests.faults.siege --seconds $(or $(SECONDS),120) --seed $(or $(SEED),1) $(ARGS)

lock:
	$(PREPARED)
	@$(PYTHON) -m uv --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet uv
	@$(PYTHON) -m uv pip compile pyproject.toml --extra embedded --extra dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		$(if $(UPGRADE),--upgrade) --output-file requirements.lock
	@echo 'requirements.lock is written; the next make installs it.'

clean:
	@rm -rf .venv .data/peers .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'Removed .venv and caches. Your data (.data) is still there.'
