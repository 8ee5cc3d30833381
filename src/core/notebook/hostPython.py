# Runs code for a notebook's %%host cells and keeps its names. Requests come as lines of JSON on
# standard input; answers go as lines of JSON with the mark before them, and all else that is
# printed is output.
import ast
import io
import json
import sys
import traceback

MARK = sys.argv[1]
real = sys.stdout
names = {"__name__": "__main__"}


def tell(kind, **more):
    real.write(MARK + json.dumps({"kind": kind, **more}) + "\n")
    real.flush()


class Out(io.TextIOBase):
    def __init__(self, kind):
        self.kind = kind

    def writable(self):
        return True

    def write(self, text):
        if text:
            tell(self.kind, text=text)
        return len(text)


sys.stdout = Out("out")
sys.stderr = Out("err")


def run(code):
    tree = ast.parse(code, "<stdin>")
    last = tree.body[-1] if tree.body else None
    value = None
    if isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
        tree.body.pop()
        exec(compile(tree, "<stdin>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<stdin>", "eval"), names)
        names["_"] = value
    else:
        exec(compile(tree, "<stdin>", "exec"), names)
    return None if value is None else repr(value)


def failure():
    kind, value, tb = sys.exc_info()
    frames = [
        f for f in traceback.extract_tb(tb) if f.filename != __file__ and f.filename != "<string>"
    ]
    lines = (
        ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    )
    lines += traceback.format_exception_only(kind, value)
    return {
        "name": kind.__name__,
        "value": str(value),
        "traceback": "".join(lines).rstrip().split("\n"),
    }


__file__ = "<host>"
requests = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8")
sys.stdin = io.StringIO("")
while True:
    try:
        line = requests.readline()
    except KeyboardInterrupt:
        continue
    if not line:
        break
    try:
        request = json.loads(line)
        if request["do"] == "run":
            tell("done", value=run(request["code"]))
        elif request["do"] == "set":
            names[request["name"]] = json.loads(request["json"])
            tell("done", value=None)
        else:
            tell("done", value=json.dumps(names[request["name"]]))
    except BaseException:
        tell("failed", **failure())
