"""Says which parameters notebooks have, by papermill's own inspection. Runs with the Python that papermill is installed in, after `notebook_kernel.py` and `read_assignments.py`.

Standard input: JSON {"home": folder, "entries": [{"path": p} or {"glob": g}]}; relative ones count from the home folder.
Standard output: JSON {"notebooks": [{entry, path, title, description, parameters, problem}], "problems": [text]}; `entry` counts from 0.
"""
import ast
import glob
import io
import json
import os
import re
import sys
import tempfile
import tokenize

import papermill

MOST_NOTEBOOKS = 500
MOST_PARAMETERS = 200
LONGEST = 2000
SECRET = re.compile("secret|key|password|token", re.I)
LARGEST_INTEGER = 2**53 - 1


def text_of(source):
    return "".join(source) if isinstance(source, list) else source


def cut(text):
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"


def is_json(value):
    """Whether a value is the same after a way through JSON."""
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, (list, tuple)):
        return all(is_json(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_json(item) for key, item in value.items())
    return value is None or isinstance(value, str)


def type_of(value):
    """The annotation that a value would have, as far as it says one; numbers are told apart here, for JSON does not."""
    for kind in (bool, int, float, str, dict):
        if isinstance(value, kind):
            return kind.__name__
    if not isinstance(value, (list, tuple)):
        return None
    items = {type_of(item) for item in value}
    if items == {"int", "float"}:
        items = {"float"}
    only = items.pop() if len(items) == 1 else None
    return "list" if only is None else "list[%s]" % only


def with_default(parameter, literal):
    """As `with_value`, of Python."""
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return parameter
    return with_value(parameter, value)


def with_value(parameter, value):
    """Adds the default where it is a value that JSON has, and its type where none is said."""
    if parameter["type"] is None:
        parameter["type"] = type_of(value)
    if is_json(value) and len(json.dumps(value)) <= LONGEST:
        parameter["default"] = value
    return parameter


def without_secrets(parameter):
    """Without the default of what looks as if it held a secret, for everybody may read a description."""
    if SECRET.search(parameter["name"]) or SECRET.search(parameter["source"]):
        parameter.pop("default", None)
        parameter["source"] = ""
    return parameter


# --- what papermill's patterns do not read: unions, dotted names, values with a number sign


def comments_of(source):
    """Line numbers to comments."""
    found = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, IndentationError):
        pass
    return found


def segment(source, node):
    return ast.get_source_segment(source, node) if hasattr(ast, "get_source_segment") else None


def last_line(source, node, following):
    return getattr(node, "end_lineno", None) or (following.lineno - 1 if following else len(source.splitlines()))


def read_python(source):
    """Parameters by name, of Python that can be parsed; None where it cannot."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    comments = comments_of(source)
    found = {}
    for at, node in enumerate(statements):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            name, annotation = node.target.id, segment(source, node.annotation)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, annotation = node.targets[0].id, None
        else:
            continue
        comment = comments.get(last_line(source, node, statements[at + 1] if at + 1 < len(statements) else None), "")
        typed = re.match(r"type:\s*((?:[^\s\[]|\[[^\]]*\])+)\s*(.*)$", comment)
        if typed and annotation is None:
            annotation = typed.group(1)
        read = {
            "name": name,
            "type": annotation,
            "help": cut(typed.group(2) if typed else comment),
            "source": cut(segment(source, node.value) or ""),
        }
        found[name] = without_secrets(with_default(read, node.value))
    return found


def read_other(source, language):
    """Parameters of a language that papermill does not read; None where nobody here does."""
    assigned = read_assignments(source, language)
    if assigned is None:
        return None
    parameters = []
    for name, kind, help_text, value in assigned:
        read = {"name": name, "type": kind, "help": cut(help_text), "source": cut(value)}
        try:
            read = with_value(read, value_of(value, language))
        except (NoValue, RecursionError):
            pass
        parameters.append(without_secrets(read))
    return parameters


def told_by_papermill(path, notebook, name, language):
    """Papermill asks a notebook for its kernel and language: where either is missing, a copy says them."""
    if all(said_kernel(notebook)):
        # Papermill fills fields of paths in.
        return papermill.inspect_notebook(path.replace("{", "{{").replace("}", "}}"))
    kernel = {"display_name": name, "name": name, "language": language}
    whole = dict(notebook, metadata=dict(mapping_of(notebook.get("metadata")), kernelspec=kernel))
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "notebook.ipynb")
        with io.open(copy, "w", encoding="utf-8") as file:
            file.write(json.dumps(whole))
        return papermill.inspect_notebook(copy)


def of_papermill(known):
    inferred = known.get("inferred_type_name")
    source = cut(known.get("default") or "")
    read = {
        "name": known["name"],
        "type": None if inferred in (None, "None") else inferred,
        "help": cut(known.get("help") or ""),
        "source": source,
    }
    return without_secrets(with_default(read, source))


def parameters_of(path, notebook):
    cell = next(
        (cell for cell in notebook.get("cells", []) if "parameters" in cell.get("metadata", {}).get("tags", [])), None
    )
    if cell is None:
        return [], None
    source = text_of(cell.get("source", ""))
    if not re.sub(r"(?m)^\s*#.*$", "", source).strip():
        return [], None
    name, language = kernel_of(notebook)
    told = told_by_papermill(path, notebook, name, language)
    if language.lower().startswith("python"):
        parsed = read_python(source)
        parameters = None if parsed is None else list(parsed.values())
    else:
        parameters = read_other(source, language.lower())
    if parameters is None:
        parameters = [of_papermill(known) for known in told.values()]
    if not parameters:
        return None, "papermill cannot read the parameters of a notebook in %s" % language
    if len(parameters) > MOST_PARAMETERS:
        return None, "it has %d parameters, more than %d" % (len(parameters), MOST_PARAMETERS)
    return parameters, None


def heading_of(notebook):
    """The first heading, and the text under it."""
    for cell in notebook.get("cells", []):
        if cell.get("cell_type") != "markdown":
            continue
        lines = text_of(cell.get("source", "")).splitlines()
        for at, line in enumerate(lines):
            heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
            if heading:
                text = "\n".join(lines[at + 1 :])
                return cut(heading.group(1)), cut(re.split(r"(?m)^#{1,6}\s", text)[0].strip())
    return None, None


def inspect(entry, path):
    result = {"entry": entry, "path": path}
    try:
        with io.open(path, encoding="utf-8") as file:
            notebook = json.load(file)
        title, description = heading_of(notebook)
        if title:
            result["title"] = title
        if description:
            result["description"] = description
        parameters, problem = parameters_of(path, notebook)
        if parameters is not None:
            result["parameters"] = parameters
        if problem:
            result["problem"] = problem
    except OSError as error:
        result["problem"] = "it cannot be read: %s" % error.strerror
    except Exception as error:  # Whatever papermill has against it.
        result["problem"] = "papermill cannot inspect it: %s" % cut("%s: %s" % (type(error).__name__, error))[:300]
    return result


def paths_of(entry, home):
    if "path" in entry:
        return [os.path.normpath(os.path.join(home, entry["path"]))]
    found = {os.path.normpath(path) for path in glob.glob(os.path.join(home, entry["glob"]), recursive=True)}
    return sorted(path for path in found if os.path.isfile(path) and "/.ipynb_checkpoints/" not in path)


def main():
    asked = json.load(sys.stdin)
    problems = []
    found, seen = [], set()
    # What is named by itself is not found by a pattern again; who names it several times has it several times.
    for patterns in (False, True):
        for at, entry in enumerate(asked["entries"]):
            if ("glob" in entry) != patterns:
                continue
            all_paths = paths_of(entry, asked["home"])
            paths = [path for path in all_paths if not patterns or path not in seen]
            if not paths and patterns:
                problems.append("no %snotebook is at %s" % ("further " if all_paths else "", entry["glob"]))
            found += [(path, at) for path in paths]
            seen.update(paths)
    if len(found) > MOST_NOTEBOOKS:
        problems.append("there are %d notebooks; only the first %d are taken" % (len(found), MOST_NOTEBOOKS))
    json.dump({"notebooks": [inspect(entry, path) for path, entry in found[:MOST_NOTEBOOKS]], "problems": problems}, sys.stdout)


main()
