"""Checks board/agent/names.json, the list of the agent's own names that its build writes as names
that every firmware has (scripts/agentNames.mjs says why), that the modules that the build joins
into one have no name twice, and that each name that one module takes from another exists. A name
may be renamed only if no one else uses it."""

import ast
import builtins
import json
import keyword
import pathlib
import re
import sys

AGENT = pathlib.Path(__file__).parent.parent / "board/agent"
# The modules that the build joins into one: those of _STAY in util.py but tasks.
STAY = [
    name
    for name in re.findall(
        r'"(\w+)"', re.search(r"_STAY = \((.*)\)", (AGENT / "copy/util.py").read_text("utf-8"))[1]
    )
    if name != "tasks"
]
# Modules whose names others use: the start, what a board may replace, the firmware interface,
# `logging`.
OPEN = ("shim.py", "copy/hal.py", "copy/ota_esp32.py", "copy/logfacade.py")
# Of these only the names that they define: modules of the board's owner call them.
CALLED = ("copy/pub.py", "copy/tasks.py")
# What modules of the board's owner may use (README.md), what tests and messages name, and methods
# of the firmware's objects.
KNOWN = set(
    (
        "run step publish subscribe Client subs on_message on_up on_down on_init on_mqtt on_msg "
        "watch client state send Policy decide connection tripped lost ok stage Clock sum ms Main "
        "current reconnects ag log policy trips handler Ota OPS flash clock off total fill block "
        "payload retain acked cid Fail LinkLost compile_and_run feed connect read write readinto "
        "ioctl close flush stop main error exc load unload"
    ).split()
)
# What the firmware itself looks for on objects (streams, file systems, tasks, errors,
# properties): no new names.
ASKED = set(
    (
        "read readinto readline readlines write close ioctl flush seek tell mount umount open "
        "stat statvfs ilistdir chdir getcwd mkdir rmdir rename remove readblocks writeblocks send "
        "throw pend_throw ph_key data coro state cur_task value errno args keys next append "
        "getter setter deleter schedule function opt_level"
    ).split()
)
TAKEN = (
    ASKED
    | set(dir(builtins))
    | set(keyword.kwlist)
    | set(sys.stdlib_module_names)
    | set(
        (
            "const machine micropython uctypes framebuf deflate vfs network cryptolib btree "
            "bluetooth neopixel"
        ).split()
    )
)


def look(path):
    """(all names of a file, those that it makes itself, those that its text or other modules
    use)."""
    every, made, others, imported = set(), set(), set(), set()
    for n in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made.add(n.name)
        elif isinstance(n, ast.arg):
            made.add(n.arg)
        elif isinstance(n, ast.Name):
            every.add(n.id)
            if isinstance(n.ctx, ast.Store):
                made.add(n.id)
        elif isinstance(n, ast.keyword):
            others.add(n.arg)
        elif isinstance(n, ast.Constant) and isinstance(n.value, str):
            others.add(n.value)
        elif isinstance(n, ast.Import):
            for a in n.names:
                imported.add(a.asname or a.name)
                others.update(a.name.split("."))
        elif isinstance(n, ast.ImportFrom):
            others.update((n.module or "").split("."))
            if n.level == 0 or not n.module:
                imported.update(a.asname or a.name for a in n.names)
                others.update(a.name for a in n.names)
    own = {p.stem for p in (AGENT / "copy").glob("*.py")}
    for n in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(n, ast.Attribute):
            of = n.value.id if isinstance(n.value, ast.Name) else None
            if of in imported and of not in own:
                others.add(n.attr)  # of a module of the firmware
            else:
                every.add(n.attr)
                if isinstance(n.ctx, ast.Store):
                    made.add(n.attr)
    return every, made, others


def names():
    """(all names used, those that may be renamed)."""
    every, made, others = set(), set(), set(KNOWN)
    for path in [AGENT / "shim.py", *(AGENT / "copy").glob("*.py")]:
        e, m, o = look(path)
        if str(path.relative_to(AGENT)) in OPEN:
            o |= e | m
        if str(path.relative_to(AGENT)) in CALLED:
            o |= {n for n in m if n[0] != "_"}
        every |= e
        made |= m
        others |= o
    # These run with the agent and use its names.
    used = [AGENT.parent / "snippets/agentRemove.py", *(AGENT.parent / "app/fleet").glob("*.py")]
    others |= {n for path in used for n in look(path)[0]}
    return every | made | others, {n for n in made - others if not n.startswith("__")}


def globals_of(tree):
    """Returns (name, kind) for each name that a module defines or imports."""
    todo = list(tree.body)
    while todo:
        n = todo.pop()
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield n.name, None
        elif isinstance(n, ast.Import):
            yield from ((a.asname or a.name, a.name) for a in n.names)
        elif isinstance(n, ast.ImportFrom):
            yield from ((a.asname or a.name, (n.module, a.name)) for a in n.names if n.level == 0)
        else:
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                yield n.id, None
            todo += ast.iter_child_nodes(n)
    for n in ast.walk(tree):
        if isinstance(n, ast.Global):
            yield from ((name, None) for name in n.names)


def joined():
    """What would mean two things in the module that is made of those that stay."""
    meaning = {}
    for mod in STAY:
        tree = ast.parse((AGENT / "copy" / (mod + ".py")).read_text("utf-8"))
        for name, what in globals_of(tree):
            what = what or mod + ".py"
            if name in dir(builtins):
                yield "%s: %s.py hides it from the modules that it is joined with" % (name, mod)
            if meaning.setdefault(name, what) != what:
                yield "%s: %s and %s become one module" % (name, meaning[name], what)
        for n in ast.walk(tree):
            if (
                isinstance(n, ast.ImportFrom)
                and n.level
                and (n.col_offset or any(a.asname for a in n.names))
            ):
                yield "%s.py: an import that is nested or renamed cannot be joined" % mod


def absent():
    """Yields each name that a module takes from another one that does not define it. The import is
    often inside a function that runs only after an error, so tests may not reach it."""
    agent = defined(AGENT / "copy")
    for folder in (AGENT / "copy", AGENT.parent / "app/fleet"):
        own = defined(folder)
        for path in sorted(folder.glob("*.py")):
            source = path.read_text("utf-8")
            used = [
                (own, n.module, a.name) if n.module else (own, a.name, None)
                for n in ast.walk(ast.parse(source))
                if isinstance(n, ast.ImportFrom) and n.level
                for a in n.names
            ]
            calls = re.findall(r'(?:load|handler)\("(\w+)"(?:\)\.|, ")(\w+)', source)
            for modules, mod, name in used + [(agent, mod, name) for mod, name in calls]:
                if mod not in modules or name and name not in modules[mod]:
                    yield "%s: %s.py has no %s" % (path.name, mod, name or "such module")


def defined(folder):
    """Returns the names that each module of a folder defines."""
    return {
        path.stem: {name for name, _ in globals_of(ast.parse(path.read_text("utf-8")))}
        for path in folder.glob("*.py")
    }


def check():
    every, free = names()
    pairs = list(json.loads((AGENT / "names.json").read_text("utf-8")).items())
    bad = ["%s: not the agent's alone, or not there at all" % a for a, _ in pairs if a not in free]
    bad += ["%s: the agent uses it itself" % b for _, b in pairs if b in every]
    bad += [
        "%s: Python or the firmware would take it for its own" % b for _, b in pairs if b in TAKEN
    ]
    bad += ["%s: no name" % b for _, b in pairs if not re.fullmatch("[A-Za-z]\\w{1,62}", b)]
    seconds = [b for _, b in pairs]
    bad += ["%s: twice" % n for n in sorted(set(seconds)) if seconds.count(n) > 1]
    return bad + list(joined()) + list(absent())


if __name__ == "__main__":
    problems = check()
    print("\n".join("board/agent: " + p for p in problems) or "The agent's names are right")
    sys.exit(1 if problems else 0)
