"""The house's order, and the dependencies that its code really has."""

import ast
import re
import sys
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FLOORS = ("graph", "norm", "nn", "data", "cs231n", "show", "check")
"""A part may import those before it, and itself."""
DISTRIBUTION = {
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "websocket": "websocket-client",
    "bs4": "beautifulsoup4",
    "math_core": "math-core",
    "fontTools": "fonttools",
}


def imports(path):
    """Every dotted module name that a file imports, `from a import b` as a."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def upward(package):
    """Imports of src/bnbook that run against the order of FLOORS."""
    found = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        part = name.parts[0].removesuffix(".py")
        if part not in (*FLOORS, "__init__"):
            found.append(f"{name}: not a part of the house, {', '.join(FLOORS)}")
            continue
        for module in imports(path):
            top, target, *_ = (*module.split("."), "", "")
            if top and top != "bnbook":
                continue
            if target not in FLOORS[: level(part)]:
                found.append(
                    f"{name}: imports {module}, against the order {' < '.join(FLOORS)}"
                )
    return found


def level(part):
    """How many of FLOORS a part may import: all of them if it is the package's face."""
    return FLOORS.index(part) + 1 if part in FLOORS else len(FLOORS)


def undeclared(folder, requirements, own=()):
    """Imports of a folder's files that no requirement names."""
    declared = {canonicalize_name(Requirement(line).name) for line in requirements}
    known = {*sys.stdlib_module_names, "bnbook", *own} | siblings(folder)
    found = []
    for path in sorted(folder.rglob("*.py")):
        for top in sorted({module.split(".")[0] for module in imports(path)} - {""}):
            name = canonicalize_name(DISTRIBUTION.get(top, top))
            if top not in known and name not in declared:
                found.append(f"{path.name}: imports {top}, which is not required")
    return found


def siblings(folder):
    files = [path for path in folder.rglob("*.py") if "node_modules" not in path.parts]
    return {path.stem for path in files} | {path.parent.name for path in files}


def unlocked(lock, project):
    """Ranges of pyproject.toml that the lock does not meet, and lines without ==."""
    lines = [line for line in lock.splitlines() if re.match(r"\w", line)]
    found = [
        f"requirements.txt: {line}: no exact version"
        for line in lines
        if "==" not in line
    ]
    versions = {
        canonicalize_name(Requirement(line).name): line.split("==")[1]
        for line in lines
        if "==" in line
    }
    for text in project_requirements(project):
        wanted = Requirement(text)
        version = versions.get(canonicalize_name(wanted.name))
        if version is None or not wanted.specifier.contains(version):
            found.append(f"requirements.txt: {version} for {wanted}")
    return found


def project_requirements(project):
    data = tomllib.loads(project)["project"]
    extras = data.get("optional-dependencies", {}).values()
    return [*data["dependencies"], *(text for extra in extras for text in extra)]
