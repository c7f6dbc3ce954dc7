"""Which kernel runs a notebook, and in which language it is written. Stands before programs that run with the Python that papermill is installed in."""

# Of kernels that are not installed where this runs; others that say nothing are taken for Python's.
LANGUAGES = {"ir": "R", "bash": "bash"}


def installed_kernels():
    """Languages of the installed kernels, by the kernels' names."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        found = KernelSpecManager().get_all_specs()
    except Exception:  # Whatever is wrong with some kernel there: nothing is known, then.
        return {}
    return {name: entry.get("spec", {}).get("language") or "" for name, entry in found.items()}


def mapping_of(value):
    return value if isinstance(value, dict) else {}


def said_kernel(notebook):
    """Name and language, None for what the notebook does not say. Papermill looks for them in these places."""
    metadata = mapping_of(notebook.get("metadata"))
    spec = mapping_of(metadata.get("kernelspec"))
    return spec.get("name"), mapping_of(metadata.get("language_info")).get("name") or spec.get("language")


def kernel_of(notebook, asked=None):
    """Name and language, both of which papermill needs. What a notebook does not say (VS Code leaves either out) is concluded from the rest."""
    name, language = said_kernel(notebook)
    name = asked or name
    if name and language:
        return name, language
    installed = installed_kernels()
    if not language:
        language = installed.get(name) or LANGUAGES.get(name) or ("julia" if str(name).startswith("julia") else "python")
    if not name:
        fitting = sorted(each for each, own in installed.items() if own.lower() == language.lower())
        usual = [each for each in ("python3", "ir", "bash") if each in fitting]
        name = (usual + fitting + (["python3"] if language.lower() == "python" else [language]))[0]
    return name, language
