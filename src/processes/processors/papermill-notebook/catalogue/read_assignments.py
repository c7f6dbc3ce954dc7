"""Reads the parameters of notebooks in R, Julia and bash, which papermill does not. Only what is plain is understood: a value that is computed is kept as it stands."""
import json
import re

ASSIGNMENTS = {
    "r": re.compile(r"(?P<name>[A-Za-z.][\w.]*)\s*(?:<-|=(?!=))\s*(?P<value>.*)$", re.S),
    "julia": re.compile(r"(?:const\s+)?(?P<name>[^\W\d]\w*)\s*(?:::\s*(?P<type>[\w.{}, ]+?))?\s*=(?!=)\s*(?P<value>.*)$", re.S),
    "bash": re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$", re.S),
}
CONSTANTS = {
    "r": {"TRUE": True, "FALSE": False, "NULL": None},
    "julia": {"true": True, "false": False, "nothing": None},
    "bash": {"true": True, "false": False},
}
# By the names that these languages have for what the schemas of Python's types say.
TYPES = {
    "numeric": "float", "double": "float", "number": "float", "float64": "float", "float32": "float", "real": "float",
    "integer": "int", "int64": "int", "int32": "int", "character": "str", "string": "str", "logical": "bool", "boolean": "bool",
}
LISTS = {
    "r": re.compile(r"(?:c|list)\((.*)\)$", re.S),
    "julia": re.compile(r"\[(.*)\]$", re.S),
    "bash": re.compile(r"\((.*)\)$", re.S),
}
OPENING, CLOSING = "([{", ")]}"


class NoValue(Exception):
    """What is no plain value."""


def statements_of(source, language):
    """Statements, each with the comment at its end; one goes on while a bracket or a text is open."""
    found, text, comment, quote, depth, at = [], "", "", None, 0, 0
    while at <= len(source):
        character = source[at] if at < len(source) else "\n"
        last = at >= len(source)
        if quote:
            if character == "\\" and not (language == "bash" and quote == "'"):
                text += source[at : at + 1]
                at += 1
                character = source[at] if at < len(source) else ""
            elif character == quote:
                quote = None
            text += character
        elif character in "\"'":
            quote = character
            text += character
        elif character == "#" and (language != "bash" or not text or text[-1].isspace()):
            end = source.find("\n", at)
            end = len(source) if end < 0 else end
            comment = source[at:end].lstrip("#").strip()
            at = end
            continue
        elif character in "\n;" and depth == 0:
            if text.strip():
                found.append((text.strip(), comment if character == "\n" else ""))
            text, comment = "", ""
        else:
            depth += (character in OPENING) - (character in CLOSING)
            depth = max(depth, 0)
            text += character
        if last and text.strip():
            found.append((text.strip(), comment))
        at += 1
    return found


def items_of(text, separator):
    """Parts of a list; `separator` None: blanks."""
    parts, part, quote, depth = [], "", None, 0
    for character in text:
        if quote:
            quote = None if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in OPENING + CLOSING:
            depth += 1 if character in OPENING else -1
        elif depth == 0 and (character == separator or (separator is None and character.isspace())):
            parts.append(part)
            part = ""
            continue
        part += character
    parts = [each.strip() for each in parts + [part]]
    return [each for each in parts if each] if separator is None or not any(parts) else parts


def number_of(text, language):
    plain = text.replace("_", "") if language == "julia" else text
    if language == "r" and re.match(r"[-+]?\d+L$", plain):
        return int(plain[:-1])
    if re.match(r"[-+]?\d+$", plain):
        # Numbers of R are doubles where they are not marked.
        return float(plain) if language == "r" else int(plain)
    if re.match(r"[-+]?(\d+\.\d*|\.?\d+)([eE][-+]?\d+)?$", plain):
        return float(plain)
    raise NoValue()


def text_value(text, language):
    quote, inner = text[0], text[1:-1]
    if len(text) < 2 or text[-1] != quote or quote in inner.replace("\\" + quote, ""):
        raise NoValue()
    if quote == "'":
        if language == "julia" or ("\\" in inner and language != "bash"):
            raise NoValue()
        return inner
    if language in ("julia", "bash") and re.search(r"[$`]", inner):
        raise NoValue()
    if "\\" not in inner:
        return inner
    if language == "bash":
        raise NoValue()
    try:
        return json.loads(text)
    except ValueError:
        raise NoValue()


def value_of(text, language):
    """@raises NoValue where it is not plain"""
    if text in CONSTANTS[language]:
        return CONSTANTS[language][text]
    if text[:1] in ("'", '"'):
        return text_value(text, language)
    inside = LISTS[language].match(text)
    if inside:
        return [value_of(item, language) for item in items_of(inside.group(1), None if language == "bash" else ",")]
    try:
        return number_of(text, language)
    except NoValue:
        if language == "bash" and re.match(r"[\w@%+:,./-]*$", text):
            return text
        raise


def read_assignments(source, language):
    """[(name, type or None, help, source of the value, function that gives the value)], in their order; None: the language is not known here."""
    if language not in ASSIGNMENTS:
        return None
    found = {}
    for text, comment in statements_of(source, language):
        match = ASSIGNMENTS[language].match(text)
        if not match:
            continue
        typed = re.match(r"type:\s*((?:[^\s\[]|\[[^\]]*\])+)\s*(.*)$", comment)
        kind = match.groupdict().get("type") or (typed.group(1) if typed else None)
        kind = TYPES.get(kind.lower(), kind) if kind else None
        help_text = typed.group(2) if typed else comment
        found[match.group("name")] = (match.group("name"), kind, help_text, match.group("value").strip())
    return list(found.values())
