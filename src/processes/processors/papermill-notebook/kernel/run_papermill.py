"""Papermill's command line (the arguments), after `notebook_kernel.py`: for notebooks that do not say all that papermill has to know, and for languages other than Python.

Papermill writes texts for R and Julia with Python's escapes: "\\xe4" for "ä", which is no character there, and `$`, by which a text of Julia holds a program.
"""
import io
import json
import sys

from papermill import translators
from papermill.cli import papermill


def literal(text, marks):
    """A text in double quotes; characters that are not of ASCII by their numbers, whatever the kernel's locale is."""

    def written(character):
        number = ord(character)
        if character in marks:
            return "\\" + character
        if 32 <= number < 127:
            return character
        return "\\u%04x" % number if number < 0x10000 else "\\U%08x" % number

    return '"%s"' % "".join(written(character) for character in text)


def translate_by(marks):
    return classmethod(lambda cls, value: literal(str(value), marks))


def completed(arguments):
    """With the kernel and the language where neither the notebook nor who asks says them. Of a path, papermill replaces doubled braces."""
    with io.open(arguments[0].replace("{{", "{").replace("}}", "}"), encoding="utf-8") as file:
        notebook = json.load(file)
    asked = arguments[arguments.index("-k") + 1] if "-k" in arguments else None
    name, language = kernel_of(notebook, asked)
    said = said_kernel(notebook)
    return arguments + ([] if asked or said[0] else ["-k", name]) + ([] if said[1] else ["--language", language])


def main():
    for name, marks in (("RTranslator", '"\\'), ("JuliaTranslator", '"\\$')):
        if hasattr(translators, name):
            getattr(translators, name).translate_escaped_str = translate_by(marks)
    try:
        arguments = completed(sys.argv[1:])
    except (OSError, ValueError, AttributeError):
        arguments = sys.argv[1:]  # Papermill says what is wrong with the notebook.
    sys.exit(papermill(arguments, prog_name="papermill"))


main()
