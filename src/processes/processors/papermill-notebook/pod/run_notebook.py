"""Runs papermill in the container of a job and reports what came of it.

Arguments: papermill's command line. NOTEBOOK_SETTINGS: JSON of what has to be done around it. It needs nothing but Python 3.6 and its own library, for
it runs in any image that has papermill; scraps are read from the executed notebook itself.
"""
import sys

# A file beside the notebooks, such as signal.py, is none of what is imported here.
sys.path[:] = [place for place in sys.path if place]

import base64
import hashlib
import http.client
import json
import mimetypes
import os
import re
import select
import shlex
import shutil
import signal
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

START = "PYGEOAPI_K8S_MANAGER_RESULT_START"
PROGRESS = "PYGEOAPI_K8S_MANAGER_PROGRESS"
ENGINE = "kubernetes_job_progress"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SCRAP = "application/scrapbook.scrap."
NOTEBOOK_TYPE = "application/x-ipynb+json"
NOTEBOOK_OUTPUT = "notebook"
# Where a scrap has that name: as the status names the file.
NOTEBOOK_BESIDE = "result-notebook"
# The kubelet keeps 10 MiB of a container's log; what is larger than this, encoded, cannot go that way.
MOST_LOGGED = 8 * 1000 * 1000
# What is longer of a line is left out of the log: it is in the executed notebook, and would push results out of the log.
LONGEST_LINE = 64 * 1024
# Results from this size on are uploaded where the server takes uploads.
UPLOADED_FROM = 64 * 1024
# Seconds between tries of an upload: the server, or its store, may be started anew when a notebook ends that ran for hours.
UPLOAD_WAITS = (0.5, 2, 5, 10, 20, 40, 60)


# On the embedded cluster, which has no file systems of its own: the folder that stands for the home folder.
PLACE = os.environ.get("EMBEDDED_WORKING_DIRECTORY")


class Failure(Exception):
    """What a person can act on; ends the job."""


def say(text):
    print(text, flush=True)


def fail(text, code=1):
    """The last line of the log, and what Kubernetes shows of the container's end."""
    try:
        if os.path.exists("/dev/termination-log"):
            with open("/dev/termination-log", "w") as log:
                log.write(text[:4000])
    except OSError:
        pass
    say(text)
    sys.exit(code)


# --- before the notebook runs


def placed(value, home):
    """Paths beneath the home folder where they are on the embedded cluster, in texts, lists and mappings."""
    if isinstance(value, dict):
        return {key: placed(each, home) for key, each in value.items()}
    if isinstance(value, list):
        return [placed(each, home) for each in value]
    beneath = isinstance(value, str) and (value == home or value.startswith(home + "/"))
    return PLACE + value[len(home) :] if PLACE and beneath else value


def set_up_place(settings):
    """Also in the variables that the notebook sees."""
    os.environ.update(placed(dict(os.environ), settings["home"]))
    return dict(placed(settings, settings["home"]), said=settings["home"])


def papermill_program():
    program = shutil.which("papermill")
    if program is None:
        raise Failure("The image has no papermill in $PATH." + (
            " On the embedded cluster its programs are those of a Python of this machine: install papermill, scrapbook, six and ipykernel there,"
            " and name it by --notebook-python (NOTEBOOK_PYTHON)." if PLACE else ""
        ))
    return program


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
    if os.path.lexists(link) and not os.path.islink(link):
        raise Failure("%s is no link: it cannot be made to lead to %s." % (link, folder))
    # In one step: jobs that begin at the same time may share the home folder.
    made = "%s.%s" % (link, uuid.uuid4())
    os.symlink(folder, made)
    os.replace(made, link)


def prepare_mount(settings):
    if "mount" in settings:
        wait_for_mount(**settings["mount"])


def claim_of(settings):
    return os.path.join(os.path.dirname(settings["output"]), ".%s.claim" % settings["claim"]["job"])


def claim_output(settings):
    """Makes the file whose name the client chose: of all runs side by side one only does. Another attempt of the job finds its claim."""
    output = settings["output"]
    try:
        os.close(os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o664))
    except FileExistsError:
        if not os.path.exists(claim_of(settings)):
            raise Failure("There is a file %s already. Nothing was run, so that it is not overwritten." % output)
        return
    open(claim_of(settings), "w").close()


def release_claim(settings, code=0):
    """Once there is no further attempt: not where this one was broken off by SIGTERM, or failed and is repeated."""
    if "claim" not in settings or code == 143 or (code != 0 and settings["claim"]["repeats"]):
        return
    try:
        os.remove(claim_of(settings))
    except OSError:
        pass  # There was none.


def prepare(settings):
    if "condaStoreGroups" in settings:
        set_up_conda(settings["home"], settings["condaStoreGroups"])
    prepare_mount(settings)
    if "resultData" in settings:
        link_result_data(**settings["resultData"])
    if not os.path.isfile(settings["notebook"]):
        raise Failure("There is no notebook %s." % settings["notebook"])
    os.makedirs(os.path.dirname(settings["output"]), exist_ok=True)
    if "claim" in settings:
        claim_output(settings)


# --- papermill


def python_of(program):
    """The Python, with its options, that a program installed by pip or conda runs with, which need not be this one; None where it is no such
    program."""
    try:
        with open(program, "rb") as file:
            line = file.readline(500).decode("utf-8", "replace")
    except OSError:
        return None
    words = shlex.split(line[2:]) if line.startswith("#!") else []
    if words and os.path.basename(words[0]) == "env":
        words = [shutil.which(words[1]) or ""] + words[2:] if len(words) > 1 else []
    return words if words and os.path.basename(words[0]).startswith("python") else None


def interpreter_of(program):
    return (python_of(program) or [sys.executable])[0]


def has_engine(program):
    check = (
        "import sys\n"
        "sys.path[:] = [place for place in sys.path if place]\n"
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
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError) and not passes(error):
                    say("progress is not shown in the status of the job: its service account may not patch jobs (%s)" % error)
                    return
                # The next cell is as good.
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


def passes(error):
    """Whether a failed request may go well later."""
    return not isinstance(error, urllib.error.HTTPError) or error.code in (408, 409, 425, 429) or error.code >= 500


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


# Papermill's bar is tqdm's, which leaves out steps that follow each other quickly, and goes on doing so afterwards: here it says each. Nor does
# papermill say how its kernel ended. Other bars of the notebook, in the kernel's process, stay as they are.
BEFORE_PAPERMILL = """
import sys
sys.path[:] = [place for place in sys.path if place]
import signal
import tqdm.auto


class Each(tqdm.auto.tqdm):
    def __init__(self, *args, **options):
        super().__init__(*args, **dict({"mininterval": 0, "miniters": 1}, **options))


tqdm.auto.tqdm = Each
ends = []
try:
    from jupyter_client.provisioning import LocalProvisioner
    from nbclient.exceptions import DeadKernelError

    poll = LocalProvisioner.poll

    async def noted(self):
        code = await poll(self)
        if code is not None and self.process:
            ends[:] = ["it was ended by %s" % signal.Signals(-code).name if code < 0 else "it ended with exit code %d" % code]
        return code

    LocalProvisioner.poll = noted
    DeadKernelError.__str__ = lambda error: ": ".join([RuntimeError.__str__(error)] + ends)
except ImportError:
    pass  # Before jupyter_client 7.
"""
PROGRAM = """
import runpy
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

# With a description that a cell gives by `papermill_description=`.
BAR = re.compile(rb"Executing.*?: *\d+%\|[^|]*\| *(\d+)/(\d+) \[[^\]]*\]")
LONGEST_BAR = 1000


def pieces(chunks):
    """Lines, and progress bars, which begin with a carriage return: what ends one is its bracket, or the next."""
    held = b""
    left_out = 0
    for chunk in chunks:
        parts = re.split(rb"[\r\n]", chunk)
        for number, part in enumerate(parts, 1):
            room = LONGEST_LINE - len(held)
            left_out += max(0, len(part) - room)
            held += part[:room]
            bar = BAR.match(held[:LONGEST_BAR])
            if bar:
                yield bar.group()
                # What a program wrote right behind it.
                held = held[bar.end() :]
            if number < len(parts):
                yield held + note_of(left_out)
                held, left_out = b"", 0
    yield held + note_of(left_out)


def note_of(left_out):
    return b" ... (%d bytes more are left out)" % left_out if left_out else b""


def chunks_until_end(child):
    """What comes on standard error until the child ends, and what it has left in the pipe then: others may hold that open."""
    reader = child.stderr.fileno()
    ended, end = os.pipe()
    threading.Thread(target=lambda: (child.wait(), os.close(end)), daemon=True).start()
    while True:
        ready = select.select([reader, ended], [], [])[0]
        if ended in ready:
            break
        chunk = os.read(reader, 65536)
        if not chunk:
            break
        yield chunk
    child.wait()
    os.close(ended)
    os.set_blocking(reader, False)
    # A pipe holds a MiB at the most.
    for _ in range(16):
        try:
            chunk = os.read(reader, 65536)
        except BlockingIOError:
            break
        if not chunk:
            break
        yield chunk


def adopt_orphans():
    """As the first process of a container does: what the kernel started becomes a child of this one when its parent has ended
    (PR_SET_CHILD_SUBREAPER)."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # A Python without it, or not on Linux.


def children():
    """Name by id of the processes that this one started or adopted, and that have not ended."""
    found = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, errors="replace") as file:
                # The name stands in parentheses, and may hold any.
                head, _, tail = file.read().rpartition(")")
        except OSError:
            continue
        state, parent = tail.split()[:2]
        if int(parent) == os.getpid() and state not in "ZX":
            found[int(name)] = head.partition("(")[2]
    return found


def end_others(seconds=5):
    """Ends what the notebook has left running, for else it would go on without end; children of what is ended are adopted, and ended, too.
    Their names."""
    names = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = children()
        if not found:
            break
        names.update(found)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            except OSError:
                pass  # It has ended meanwhile.
        time.sleep(0.01)
    return sorted(names.values())


def cut(text):
    """So that the server, which keeps 20 lines and 4 KiB of a log's end, keeps how the text begins, too."""
    return "\n".join(text.strip().split("\n")[:10]).encode("utf-8", "replace")[:1500].decode("utf-8", "ignore")


class LastWords:
    """Why papermill failed: what stands under its last trace, else its last line; and the last line of a kernel that died."""

    def __init__(self):
        self.line = ""
        self.error = ""
        self.in_trace = False
        self.of_cell = ""
        self.of_kernel = ""

    def hear(self, line):
        if line.startswith("Traceback ("):
            self.in_trace = True
        elif self.in_trace and not line.startswith(" "):
            self.in_trace = False
            self.error = line
        # So nbclient says before the trace.
        if line.startswith("Kernel died while waiting"):
            self.of_kernel = self.of_cell
        elif not line.startswith(" "):
            self.of_cell = line
        self.line = line

    def hear_bar(self):
        self.of_cell = ""

    @property
    def reason(self):
        return cut(self.error) or ("it said last: " + cut(self.line) if self.line else "")

    @property
    def of_dead_kernel(self):
        reason = self.reason.partition("Kernel died: ")[2] or self.reason
        return reason + "; it said last: " + cut(self.of_kernel) if self.of_kernel else reason


def is_plain(notebook):
    """Whether papermill's own program does for a notebook: one in Python, or bash, that says its kernel and its language. Others need `run_papermill.py`."""
    try:
        with open(notebook, encoding="utf-8") as file:
            metadata = json.load(file)["metadata"]
        spec = metadata["kernelspec"]
        language = metadata.get("language_info", {}).get("name") or spec.get("language")
        return bool(spec.get("name")) and language in ("python", "bash")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def run_papermill(command, notebook):
    """Its exit code, and its last words."""
    program = papermill_program()
    own_engine = has_engine(program)
    if not own_engine:
        command = without_engine(command)
    progress = Progress(annotates=not own_engine)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOTEBOOK_")}
    python = python_of(program)
    if python is None:
        start = [program]
    elif is_plain(notebook):
        start = python + ["-c", BEFORE_PAPERMILL + PROGRAM, program]
    else:
        start = python + ["-c", BEFORE_PAPERMILL + os.environ["NOTEBOOK_PAPERMILL"]]
    adopt_orphans()
    child = subprocess.Popen(start + command[1:], stderr=subprocess.PIPE, env=environment)
    signal.signal(signal.SIGTERM, lambda *_: (child.terminate(), end_others(), os._exit(143)))
    words = LastWords()
    for piece in pieces(chunks_until_end(child)):
        bar = BAR.match(piece)
        if bar:
            words.hear_bar()
            progress.cells(int(bar.group(1)), int(bar.group(2)))
        elif piece.strip():
            line = piece.decode("utf-8", "replace")
            say(line)
            words.hear(line)
    code = child.wait()
    left = end_others()
    if left:
        say("What the notebook left running is ended: %s." % ", ".join(left))
    progress.end()
    return code if code >= 0 else 128 - code, words


def report_inspection(settings):
    """What NOTEBOOK_INSPECTOR finds out about notebooks, as the result."""
    program = papermill_program()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOTEBOOK_")}
    child = subprocess.run(
        [interpreter_of(program), "-c", os.environ["NOTEBOOK_INSPECTOR"]],
        input=json.dumps({"home": settings["home"], "entries": settings["inspect"]}).encode(),
        stdout=subprocess.PIPE,
        env=environment,
    )
    if child.returncode != 0:
        raise Failure("The notebooks cannot be inspected with this image's papermill; the log of the inspection says why.")
    found = json.loads(child.stdout.decode())
    for notebook in found["notebooks"]:
        if PLACE and notebook["path"].startswith(PLACE + "/"):
            notebook["path"] = settings["said"] + notebook["path"][len(PLACE) :]
    sys.stdout.write(marked(None, "application/json", json.dumps(found).encode()))
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


def tags_of(cell):
    return cell.get("metadata", {}).get("tags", [])


def papermill_of(cell):
    return cell.get("metadata", {}).get("papermill", {})


def said(kind, text):
    """An error in one piece: `KIND: TEXT`."""
    kind, text = kind.strip()[:200], cut(text)
    return "%s: %s" % (kind, text) if text else kind


def error_of(cell):
    """How a cell failed; None where it has no error."""
    errors = [output for output in cell.get("outputs", []) if output.get("output_type") == "error"]
    printed = [text_of(output.get("text", "")) for output in cell.get("outputs", []) if output.get("output_type") == "stream"]
    last_line = (["".join(printed).strip()] or [""])[0].rpartition("\n")[2]
    for error in errors[-1:]:
        kind, text = error.get("ename") or "", str(error.get("evalue", ""))
        # The kernel for bash has no kinds of errors, only exit codes; why is what the command printed.
        return said("exit code " + text.strip(), last_line) if not kind and text.strip().isdigit() else said(kind or "an error without a name", text)
    if papermill_of(cell).get("exception") is not True:
        return None
    # What IPython refuses before the cell is run it only prints. Everybody reads a kind of error, so no other word may stand in its place.
    return cut(last_line) if re.match(r"[\w.]+Error: ", last_line) else "it printed last: " + cut(last_line) if last_line else None


def begun_cell(cells):
    """Papermill says "completed" of all cells where a kernel died; which were begun is true."""
    return max((at for at, cell in enumerate(cells) if papermill_of(cell).get("start_time")), default=None)


def name_of(cells, at):
    """Cells are counted as the author wrote them: without what papermill put between them."""
    if "injected-parameters" in tags_of(cells[at]):
        return "The cell of the given parameters"
    own = [place for place, cell in enumerate(cells) if "injected-parameters" not in tags_of(cell)]
    return "Cell %d of %d" % (own.index(at) + 1, len(own))


def failure_of(notebook, code, words):
    """Where and why a notebook failed that papermill did not run to its end."""
    cells = [cell for cell in notebook.get("cells", []) if "papermill-error-cell-tag" not in tags_of(cell)]
    errors = [(at, error_of(cell)) for at, cell in enumerate(cells)]
    failed = [at for at, cell in enumerate(cells) if papermill_of(cell).get("exception") is True]
    for at in failed[:1]:
        return "%s failed: %s" % (name_of(cells, at), errors[at][1] or words.reason)
    begun = begun_cell(cells)
    if begun is not None and code == 138:
        return "%s failed: its kernel died: %s" % (name_of(cells, begun), words.of_dead_kernel)
    for at, error in errors[::-1]:
        if error is not None and (at == begun or begun is None or "PapermillExecutionError" in words.reason):
            allowed = " (Papermill fails a notebook for this at its end, though the cell is tagged raises-exception.)"
            return "%s failed: %s%s" % (name_of(cells, at), error, allowed if "raises-exception" in tags_of(cells[at]) else "")
    killed = code > 128 and not words.error
    reason = "papermill was ended by signal %d" % (code - 128) if killed else words.reason or "papermill ended with exit code %d" % code
    if begun is None:
        return "Papermill failed before the first cell: %s" % reason
    if begun == len(cells) - 1 and papermill_of(cells[begun]).get("status") == "completed":
        return "Papermill failed in the last cell or after it: %s" % reason
    return "%s failed: %s" % (name_of(cells, begun), reason)


def report_failure(output, code, words):
    try:
        with open(output, encoding="utf-8") as file:
            notebook = json.load(file)
    except (OSError, ValueError):
        notebook = {}
    # Papermill has printed the trace.
    fail(failure_of(notebook, code, words), code)


def scraps_of(notebook):
    """By name: what was glued last, data and display."""
    scraps = {}
    for at, cell in enumerate(notebook.get("cells", [])):
        before = None
        for output in cell.get("outputs", []):
            data = output.get("data") or {}
            glued = (output.get("metadata") or {}).get("scrapbook") or {}
            payloads = [value for key, value in data.items() if key.startswith(SCRAP)]
            for payload in payloads:
                payload = json.loads(text_of(payload)) if isinstance(payload, (str, list)) else payload
                scraps[payload["name"]] = {"data": payload, "cell": at}
            if not payloads and glued.get("name") is not None and glued.get("display", True):
                scrap = scraps.get(glued["name"], {})
                # One glue writes both into one cell; what was glued in another cell is not shown by this.
                kept = {"data": scrap["data"]} if scrap.get("cell") == at and "data" in scrap else {}
                scraps[glued["name"]] = dict(kept, display=data or shown_by_itself(before), cell=at)
            before = output
    return scraps


def shown_by_itself(output):
    """What an object that shows itself (plotly's figures do) has left just before its scrap, which is then empty."""
    is_display = output is not None and output.get("output_type") == "display_data"
    return (output.get("data") or {}) if is_display and "scrapbook" not in (output.get("metadata") or {}) else {}


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
    if is_text(kind):
        return kind + "; charset=utf-8", value.encode()
    try:
        return kind, base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return kind, value.encode()  # A text of a kind that is not known for one: application/xml.


def value_of_file(path, settings):
    path = placed(os.path.join(settings["home"], str(path)), settings.get("said"))
    try:
        with open(path, "rb") as file:
            return mimetypes.guess_type(path)[0] or "application/octet-stream", file.read()
    except OSError as error:
        raise Failure("The notebook names %s as its result file, which cannot be read: %s." % (path, error.strerror))


def value_of_scrap(name, scrap, settings):
    """A picture, table or text of its own over the data, but the data over the language's way to write them."""
    payload = scrap.get("data", {})
    display = scrap.get("display") or {}
    if name == "result-file" and isinstance(payload.get("data"), str):
        return value_of_file(payload["data"], settings)
    if display and not (payload and set(display) == {"text/plain"}):
        return value_of_display(display)
    if payload.get("encoder") == "pandas":
        return "application/vnd.apache.parquet", base64.b64decode(payload["data"])
    if payload:
        return "application/json", json.dumps(payload.get("data")).encode()
    say("scrap %s is not among the results: the notebook holds no form of it" % name)
    return None


def notebook_output(names):
    """The executed notebook's output id: a scrap keeps the name that its author gave it."""
    if NOTEBOOK_OUTPUT not in names:
        return NOTEBOOK_OUTPUT
    free = NOTEBOOK_BESIDE
    while free in names:
        free += "-of-run"
    say("the executed notebook is the output %s, for a scrap has the name %s" % (free, NOTEBOOK_OUTPUT))
    return free


def results_of(raw, settings):
    """By output id: media type and bytes."""
    results = {}
    for name, scrap in scraps_of(json.loads(raw.decode())).items():
        value = value_of_scrap(name, scrap, settings)
        if value is not None:
            results[name] = value
    if settings.get("notebookOutput", True):
        results[notebook_output(results)] = (NOTEBOOK_TYPE, raw)
    declared = settings.get("outputs")
    if declared is None:
        return results
    for name, (_, content) in results.items():
        if name not in declared and content is not raw:
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


def put(url, media_type, content):
    """PUT, followed to where the server wants it (307)."""
    for _ in range(3):
        request = urllib.request.Request(url, data=content, headers={"Content-Type": media_type}, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=600).close()
            return
        except urllib.error.HTTPError as error:
            if error.code not in (307, 308) or "Location" not in error.headers:
                raise
            url = urllib.parse.urljoin(url, error.headers["Location"])
    raise Failure("A result could not be uploaded: too many redirections")


def why_not(error):
    if isinstance(error, urllib.error.HTTPError):
        return "the server answered %s %s" % (error.code, error.read(500).decode("utf-8", "replace"))
    return str(error) or type(error).__name__


def upload(target, media_type, content):
    """Each try from the beginning: what is sent again replaces what came before."""
    for wait in UPLOAD_WAITS + (None,):
        try:
            return put(target["url"], media_type, content)
        except (OSError, http.client.HTTPException) as error:
            if wait is None or not passes(error):
                raise Failure("A result could not be uploaded: %s" % why_not(error))
            say("A result is uploaded again in %s s: %s" % (wait, why_not(error)))
        time.sleep(wait)


def report_results(settings):
    with open(settings["output"], "rb") as file:
        raw = file.read()
    results = results_of(raw, settings)
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
        elif content is raw:
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
    command = placed(command, settings["home"])
    settings = set_up_place(settings)
    try:
        run(command, settings)
    except SystemExit as end:
        release_claim(settings, end.code)
        raise
    release_claim(settings)


def run(command, settings):
    try:
        if "inspect" in settings:
            prepare_mount(settings)
            report_inspection(settings)
            return
        prepare(settings)
        code, words = run_papermill(command, settings["notebook"])
        tell_slack(settings["output"])
        if code != 0:
            report_failure(settings["output"], code, words)
        report_results(settings)
    except (Failure, OSError) as error:
        fail(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
