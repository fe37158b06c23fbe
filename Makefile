# Every target makes its own environment first: nothing has to be prepared.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
# Tests start hundreds of processes: none compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

# Stored outputs are those of pinned x86-64 Linux; elsewhere the cells run uncompared.
NBVAL := $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),--nbval,--nbval-lax)

# With other versions than the lock's a figure's bytes may differ: cells are not compared.
OTHER_VERSIONS := --nbval-lax -n auto --dist loadfile --ignore tests/browser --deselect \
tests/book/test_notebooks.py::test_the_notebook_is_made_anew_byte_by_byte

.PHONY: book pdf epub test quick axe notebooks assignment serve lab lint lint-web clean newest oldest pytorch mutation

# What the pages are made of: they are built again where one of these is newer.
PAGES := _config.yml _toc.yml CITATION.cff pyproject.toml $(shell find book src tools web \
	-type f -not -path '*/.*' -not -path '*/node_modules/*' -not -path '*/__pycache__/*' \
	-not -path '*.egg-info/*')

book: _build/html/.checked  ## build the pages: _build/html
	@$(BIN)/python tools/lint.py outdated || true
	@echo "Open _build/html/index.html"

_build/html/.checked: $(READY) $(PAGES)
	$(BIN)/jupyter-book build . --path-output . --all -q -W -n --keep-going
	$(BIN)/python tools/lint.py html _build/html
	@touch $@

pdf: book  ## the book as one PDF: _build/html/bnbook.pdf (Chromium prints it)
	$(BIN)/python tools/bind.py pdf _build/html

epub: book  ## the book as an EPUB: _build/html/bnbook.epub (Chromium draws its cover)
	$(BIN)/python tools/bind.py epub _build/html

test: book  ## every test: the package, the notebooks, the built pages
	$(BIN)/python -m pytest -q $(NBVAL) -n auto --dist loadfile --no-loadscope-reorder \
	--ignore tests/browser
	$(BIN)/python -m pytest -q -p no:nbval -n auto --maxschedchunk 1 tests/browser

# What needs neither the pages, nor a browser, nor the checker's minutes.
PACKAGE_ONLY := tests --ignore tests/book --ignore tests/checker --ignore tests/browser

quick: $(READY)  ## ruff and the package's own tests, in about a minute
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q -p no:nbval -n auto $(PACKAGE_ONLY)

axe:  ## axe-core, for the browser tests of accessibility (npm)
	npm ci --silent --prefix tests/browser

notebooks: $(READY)  ## execute the chapters that changed: book/source/*.md -> book/*.ipynb
	$(BIN)/python tools/notebooks.py
	$(BIN)/python tools/picture.py

assignment: $(READY)  ## the notebook to hand out, its solution, a course for nbgrader
	$(BIN)/python tools/assignment.py

serve: $(READY)  ## live preview on http://localhost:8000
	$(BIN)/python tools/serve.py

lab: $(READY)  ## open the chapters in JupyterLab; %%diagnose is loaded there
	$(BIN)/jupyter trust book/*.ipynb  # JupyterLab hides the stored SVG of others
	PYTHONSTARTUP=$(CURDIR)/tools/lab.py $(BIN)/jupyter lab book

lint: $(READY)  ## ruff, mypy and, where npm is there, the types and eslint of the pages' scripts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/stubtest --mypy-config-file pyproject.toml bnbook.graph.gradient bnbook.graph.trace
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory lint-web; \
	else echo "web/: not checked, for that needs npm"; fi

lint-web: web/node_modules/ready
	npm run --silent lint --prefix web

web/node_modules/ready: web/package-lock.json
	npm ci --silent --prefix web
	@touch $@

newest:  ## weekly: the newest versions that pyproject.toml allows, cells uncompared
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/pip install -q -U -e ".[book,test]"
	.venv-newest/bin/jupyter-book build . --path-output . --all -q -W -n --keep-going
	.venv-newest/bin/python -m pytest -q $(OTHER_VERSIONS)

oldest:  ## weekly: the oldest versions that pyproject.toml allows, cells uncompared
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install -q uv
	.venv-oldest/bin/uv pip install -q --python .venv-oldest/bin/python \
	--resolution lowest-direct -e ".[book,test]"
	.venv-oldest/bin/jupyter-book build . --path-output . --all -q -W -n --keep-going
	.venv-oldest/bin/python -m pytest -q $(OTHER_VERSIONS)

pytorch: $(READY)  ## weekly: PyTorch's results made anew, and the tests held to them
	$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/pip install -q numpy torch --extra-index-url \
	https://download.pytorch.org/whl/cpu
	mkdir -p _build
	.venv-torch/bin/python tests/oracle/make_torch.py > _build/torch.json
	BNBOOK_TORCH=$(CURDIR)/_build/torch.json $(BIN)/python -m pytest tests/test_oracle.py

mutation:  ## hours: change graph/ and norm/ a little; each change must fail a test
	$(PYTHON) -m venv .venv-mutation
	.venv-mutation/bin/pip install -q -r requirements.txt cosmic-ray==8.7.0
	OMP_NUM_THREADS=1 .venv-mutation/bin/python tools/mutation.py

clean:
	rm -rf _build web/node_modules .venv .venv-newest .venv-oldest .venv-torch .venv-mutation .stamps .mypy_cache .pytest_cache .ruff_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) uv && $(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -r $< \
	|| $(PIP) -r $<  # where there is no uv, or pip alone knows the way to PyPI
	@touch $@
