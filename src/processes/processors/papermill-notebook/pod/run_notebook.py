"""Runs papermill in the container of a job and reports what came of it.

Arguments: papermill's command line. NOTEBOOK_SETTINGS: JSON of what has to be done around it. It needs nothing but Python 3.6 and its own library, for
it runs in any image that has papermill; scraps are read from the executed notebook itself.
"""
import base64
import hashlib
import json
import mimetypes
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

START = "PYGEOAPI_K8S_MANAGER_RESULT_START"
PROGRESS = "PYGEOAPI_K8S_MANAGER_PROGRESS"
ENGINE = "kubernetes_job_progress"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SCRAP = "application/scrapbook.scrap."
NOTEBOOK_TYPE = "application/x-ipynb+json"
# The kubelet keeps 10 MiB of a container's log; what is larger than this, encoded, cannot go that way.
MOST_LOGGED = 8 * 1000 * 1000
# Results from this size on are uploaded where the server takes uploads.
UPLOADED_FROM = 64 * 1024


class Failure(Exception):
    """What a person can act on; ends the job."""


def say(text):
    print(text, flush=True)


def fail(text, code=1):
    """The last line of the log, and what Kubernetes shows of the container's end."""
    try:
        with open("/dev/termination-log", "w") as log:
            log.write(text[:4000])
    except OSError:
        pass
    say(text)
    sys.exit(code)


# --- before the notebook runs


def set_up_conda(home, groups):
    """Kernels of the groups' environments, by nb_conda_kernels."""
    folders = ["/home/conda/" + group + "/envs" for group in groups]
    with open(os.path.join(home, ".condarc"), "w") as file:
        json.dump({"envs_dirs": folders}, file)
    os.makedirs(os.path.join(home, ".jupyter"), exist_ok=True)
    with open(os.path.join(home, ".jupyter", "jupyter_config.json"), "w") as file:
        json.dump({"CondaKernelSpecManager": {"kernelspec_path": "--user"}}, file)
    if subprocess.call(["python3", "-m", "nb_conda_kernels", "list"]) != 0:
        raise Failure("The kernels of the conda environments cannot be listed; the image needs nb_conda_kernels.")


def is_mounted(path, mounts="/proc/self/mountinfo"):
    with open(mounts) as lines:
        for line in lines:
            left, _, right = line.partition(" - ")
            if left.split(" ")[4] == path and right.startswith("fuse"):
                return True
    return False


def answers(path):
    """A program that finds no bucket has mounted it for a moment."""
    try:
        os.statvfs(path)
        return is_mounted(path)
    except OSError:
        return False


def wait_for_mount(path, bucket, seconds):
    end = time.monotonic() + seconds
    while not (is_mounted(path) and answers(path)):
        if time.monotonic() > end:
            raise Failure(
                "Bucket %s was not mounted at %s within %s seconds; the log of container s3mounter says why."
                % (bucket, path, seconds)
            )
        time.sleep(0.2)


def link_result_data(folder, link):
    os.makedirs(folder, exist_ok=True)
    if os.path.islink(link):
        os.remove(link)
    try:
        os.symlink(folder, link)
    except FileExistsError:
        raise Failure("%s is no link: it cannot be made to lead to %s." % (link, folder))


def prepare_mount(settings):
    if "mount" in settings:
        wait_for_mount(**settings["mount"])


def prepare(settings):
    if "condaStoreGroups" in settings:
        set_up_conda(settings["home"], settings["condaStoreGroups"])
    prepare_mount(settings)
    if "resultData" in settings:
        link_result_data(**settings["resultData"])
    if not os.path.isfile(settings["notebook"]):
        raise Failure("There is no notebook %s." % settings["notebook"])
    os.makedirs(os.path.dirname(settings["output"]), exist_ok=True)


# --- papermill


def interpreter_of(program):
    """The Python that a program installed by pip or conda runs with, which need not be this one."""
    try:
        with open(program, "rb") as file:
            line = file.readline(500).decode("utf-8", "replace")
    except OSError:
        return sys.executable
    words = shlex.split(line[2:]) if line.startswith("#!") else []
    return words[0] if words and os.path.basename(words[0]).startswith("python") else sys.executable


def has_engine(program):
    check = (
        "import sys\n"
        "try:\n"
        "  from importlib.metadata import entry_points\n"
        "  found = entry_points()\n"
        "  found = found.select(group='papermill.engine') if hasattr(found, 'select') else found.get('papermill.engine', [])\n"
        "except ImportError:\n"
        "  import pkg_resources\n"
        "  found = pkg_resources.iter_entry_points('papermill.engine')\n"
        "sys.exit(0 if any(point.name == '%s' for point in found) else 1)\n" % ENGINE
    )
    return subprocess.call([interpreter_of(program), "-c", check]) == 0


def without_engine(command):
    at = command.index("--engine")
    return command[:at] + command[at + 2 :]


def percent(done, total):
    """Never all: reporting comes after the last cell."""
    return min(99, done * 100 // max(total, 1))


def message_of(done, total):
    return "%d of %d cells of the notebook are done." % (done, total)


class Progress:
    """Says how far the notebook is: in the log, and, where the pod's service account may, on the Kubernetes Job; newest first, there once a second at the most."""

    def __init__(self, annotates):
        self.newest = None
        self.written = None
        self.changed = threading.Condition()
        self.ended = False
        self.thread = None
        if annotates and os.path.exists(SERVICE_ACCOUNT + "/token") and "KUBERNETES_SERVICE_HOST" in os.environ:
            self.thread = threading.Thread(target=self.write, daemon=True)
            self.thread.start()

    def cells(self, done, total):
        if self.newest == (done, total):
            return
        say("%s %d %s" % (PROGRESS, percent(done, total), message_of(done, total)))
        with self.changed:
            self.newest = (done, total)
            self.changed.notify()

    def write(self):
        while True:
            with self.changed:
                while not self.ended and self.newest == self.written:
                    self.changed.wait()
                if self.ended:
                    return
                newest = self.newest
            try:
                annotate(*newest)
            except urllib.error.HTTPError as error:
                say("progress is not shown in the status of the job: its service account may not patch jobs (%s)" % error)
                return
            except OSError:
                pass  # The next cell is as good.
            except Exception as error:  # The notebook is what counts.
                say("progress is not shown in the status of the job: %s" % error)
                return
            with self.changed:
                self.written = newest
                self.changed.wait_for(lambda: self.ended, 1)

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify()
        if self.thread:
            self.thread.join(5)


def annotate(done, total):
    key = os.environ.get("PROGRESS_ANNOTATION", "pygeoapi.io/progress")
    notes = {
        key: str(percent(done, total)),
        "pygeoapi.io/message": message_of(done, total),
    }
    with open(SERVICE_ACCOUNT + "/token") as file:
        token = file.read()
    with open(SERVICE_ACCOUNT + "/namespace") as file:
        namespace = file.read()
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    url = "https://%s:%s/apis/batch/v1/namespaces/%s/jobs/%s" % (
        "[%s]" % host if ":" in host else host,
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
        namespace,
        os.environ["JOB_NAME"],
    )
    request = urllib.request.Request(
        url,
        data=json.dumps({"metadata": {"annotations": notes}}).encode(),
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/merge-patch+json"},
        method="PATCH",
    )
    context = ssl.create_default_context(cafile=SERVICE_ACCOUNT + "/ca.crt")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    opener.open(request, timeout=10).close()


BAR = re.compile(rb"^Executing:.*?\| *(\d+)/(\d+) \[")
WHOLE_BAR = re.compile(BAR.pattern + rb"[^\]]*\]$")


def pieces(stream):
    """Lines, and progress bars, which begin with a carriage return: what ends one is the next."""
    held = b""
    while True:
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            break
        *whole, held = re.split(rb"[\r\n]", held + chunk)
        for piece in whole:
            yield piece
        if WHOLE_BAR.match(held):
            yield held
            held = b""
    yield held


def run_papermill(command):
    program = shutil.which(command[0])
    if program is None:
        raise Failure("The image has no papermill in $PATH.")
    own_engine = has_engine(program)
    if not own_engine:
        command = without_engine(command)
    progress = Progress(annotates=not own_engine)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOTEBOOK_")}
    child = subprocess.Popen([program] + command[1:], stderr=subprocess.PIPE, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), sys.exit(143)))
    for piece in pieces(child.stderr):
        bar = BAR.match(piece)
        if bar:
            progress.cells(int(bar.group(1)), int(bar.group(2)))
        elif piece.strip():
            say(piece.decode("utf-8", "replace"))
    code = child.wait()
    progress.end()
    return code if code >= 0 else 128 - code


def report_inspection(settings):
    """What NOTEBOOK_INSPECTOR finds out about notebooks, as the result."""
    program = shutil.which("papermill")
    if program is None:
        raise Failure("The image has no papermill in $PATH.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOTEBOOK_")}
    child = subprocess.run(
        [interpreter_of(program), "-c", os.environ["NOTEBOOK_INSPECTOR"]],
        input=json.dumps({"home": settings["home"], "entries": settings["inspect"]}).encode(),
        stdout=subprocess.PIPE,
        env=environment,
    )
    if child.returncode != 0:
        raise Failure("The notebooks cannot be inspected with this image's papermill; the log of the inspection says why.")
    sys.stdout.write(marked(None, "application/json", child.stdout))
    sys.stdout.flush()


def tell_slack(output):
    """The predecessor's hook; it does not decide how the job ends."""
    if not os.environ.get("PAPERMILL_SLACK_WEBHOOK_URL"):
        return
    program = shutil.which("papermill_slack")
    if program is None or subprocess.call([program, output]) != 0:
        say("papermill_slack %s" % ("is not in the image" if program is None else "failed"))


# --- what came of it

INJECTED = {"injected-parameters", "papermill-error-cell-tag"}


def text_of(value):
    """Notebooks keep texts as lists of lines, too."""
    return "".join(value) if isinstance(value, list) else value


def own_cells(notebook):
    """The cells that the author wrote: not what papermill put between them."""
    for cell in notebook.get("cells", []):
        if not INJECTED.intersection(cell.get("metadata", {}).get("tags", [])):
            yield cell


def failed_cell(notebook):
    """How the first cell with an error failed; None where none has."""
    cells = list(own_cells(notebook))
    for number, cell in enumerate(cells, 1):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                error = "%s: %s" % (output.get("ename", "Error"), output.get("evalue", ""))
                return "Cell %d of %d failed: %s" % (number, len(cells), error)
    return None


def report_failure(output, code):
    try:
        with open(output) as file:
            found = failed_cell(json.load(file))
    except (OSError, ValueError):
        found = None
    # Papermill has printed the trace.
    fail(found or "Papermill failed with exit code %d, not in a cell of the notebook; the reason stands above." % code, code)


def scraps_of(notebook):
    """By name: what was glued last, data and display."""
    scraps = {}
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data") or {}
            glued = (output.get("metadata") or {}).get("scrapbook") or {}
            payloads = [value for key, value in data.items() if key.startswith(SCRAP)]
            for payload in payloads:
                payload = json.loads(text_of(payload)) if isinstance(payload, (str, list)) else payload
                scraps.setdefault(payload["name"], {})["data"] = payload
            if not payloads and glued.get("name") is not None and glued.get("display", True):
                scraps.setdefault(glued["name"], {})["display"] = data
    return scraps


def is_text(media_type):
    return media_type.startswith("text/") or media_type.endswith("+xml") or media_type == "application/javascript"


def value_of_display(bundle):
    """The richest form: the first that is not plain text."""
    kinds = [kind for kind in bundle if kind != "text/plain"] or list(bundle)
    if not kinds:
        return None
    kind, value = kinds[0], bundle[kinds[0]]
    if isinstance(value, (dict, int, float, bool)) or kind.endswith("json"):
        return kind, json.dumps(value).encode()
    value = text_of(value)
    return (kind + "; charset=utf-8", value.encode()) if is_text(kind) else (kind, base64.b64decode(value))


def value_of_file(path, home):
    path = os.path.join(home, str(path))
    try:
        with open(path, "rb") as file:
            return mimetypes.guess_type(path)[0] or "application/octet-stream", file.read()
    except OSError as error:
        raise Failure("The notebook names %s as its result file, which cannot be read: %s." % (path, error.strerror))


def value_of_scrap(name, scrap, home):
    payload = scrap.get("data", {})
    if name == "result-file" and isinstance(payload.get("data"), str):
        return value_of_file(payload["data"], home)
    if "display" in scrap:
        return value_of_display(scrap["display"])
    if payload.get("encoder") == "pandas":
        return "application/vnd.apache.parquet", base64.b64decode(payload["data"])
    return "application/json", json.dumps(payload.get("data")).encode()


def results_of(raw, settings):
    """By output id: media type and bytes."""
    results = {}
    for name, scrap in scraps_of(json.loads(raw.decode())).items():
        value = value_of_scrap(name, scrap, settings["home"])
        if value is not None:
            results[name] = value
    if settings.get("notebookOutput", True):
        results.setdefault("notebook", (NOTEBOOK_TYPE, raw))
    declared = settings.get("outputs")
    if declared is None:
        return results
    for name in set(results) - set(declared) - {"notebook"}:
        say("scrap %s is not among the results: the process has no such output" % name)
    return {name: value for name, value in results.items() if name in declared}


def quoted(value):
    if re.search(r"[\x00-\x1f\x7f-\x9f]", value):
        raise Failure("The scrap %r has a name that cannot be that of an output." % value)
    return value if re.match(r'^[^\s"]+$', value) else '"%s"' % re.sub(r'(["\\])', r"\\\1", value)


def marked(name, media_type, content):
    """A result as lines of the log, of an output or (None) without a name. What is one line of ASCII is legible."""
    attributes = ([] if name is None else ["output=" + quoted(name)]) + [
        "bytes=%d" % len(content),
        "sha256=" + hashlib.sha256(content).hexdigest(),
        "mimetype=" + quoted(media_type),
    ]
    if re.match(rb"^[\x20-\x7e]{0,1000}\Z", content):
        return " ".join([START] + attributes) + "\n" + content.decode() + "\n"
    lines = [base64.b64encode(content[at : at + 6000]).decode() for at in range(0, len(content), 6000)]
    return "\n".join([" ".join([START] + attributes + ["encoding=base64"])] + lines) + "\n"


def upload(target, media_type, content):
    """PUT, followed once to where the server wants it (307)."""
    url = target["url"]
    for _ in range(3):
        request = urllib.request.Request(url, data=content, headers={"Content-Type": media_type}, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=600).close()
            return
        except urllib.error.HTTPError as error:
            if error.code not in (307, 308) or "Location" not in error.headers:
                raise Failure("A result could not be uploaded: the server answered %s %s" % (error.code, error.read(500).decode("utf-8", "replace")))
            url = urllib.request.urljoin(url, error.headers["Location"])
        except OSError as error:
            raise Failure("A result could not be uploaded: %s" % error)
    raise Failure("A result could not be uploaded: too many redirections")


def report_results(settings):
    with open(settings["output"], "rb") as file:
        results = results_of(file.read(), settings)
    targets = json.loads(os.environ.get("PYGEOAPI_K8S_MANAGER_OUTPUTS") or "{}")
    texts = []
    left = MOST_LOGGED
    for name, (media_type, content) in sorted(results.items(), key=lambda result: len(result[1][1])):
        target = targets.get(name)
        if target and len(content) >= UPLOADED_FROM and len(content) <= target.get("maxBytes", len(content)):
            upload(target, target.get("mediaType") or media_type, content)
            continue
        text = marked(name, media_type, content)
        if len(text) <= left:
            left -= len(text)
            texts.append(text)
        elif name == "notebook":
            say("the executed notebook is not among the results: with %d bytes it is too large for the log; it is at %s" % (len(content), settings["output"]))
        else:
            raise Failure("Result %s has %d bytes: too large for the log, by which results reach the server." % (name, len(content)))
    sys.stdout.write("".join(texts))
    sys.stdout.flush()


def main(command):
    # One stream: lines of two would come in any order, and could fall into a result.
    os.dup2(1, 2)
    mimetypes.add_type("application/geo+json", ".geojson")
    mimetypes.add_type("application/vnd.apache.parquet", ".parquet")
    mimetypes.add_type(NOTEBOOK_TYPE, ".ipynb")
    settings = json.loads(os.environ["NOTEBOOK_SETTINGS"])
    try:
        if "inspect" in settings:
            prepare_mount(settings)
            report_inspection(settings)
            return
        prepare(settings)
        code = run_papermill(command)
        tell_slack(settings["output"])
        if code != 0:
            report_failure(settings["output"], code)
        report_results(settings)
    except (Failure, OSError) as error:
        fail(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
