#!/usr/bin/env python3
"""packaging.py: what is installed besides programs is true: unit, user, manuals, configuration, completion."""
import glob
import os
import re
import shutil
import subprocess
import sys

import harness

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BUILD = os.environ["BUILD"]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=harness.PATIENCE, **options)


def install(case):
    """As a package does, into a folder."""
    done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", case.path("root"))
    assert done.returncode == 0, done.stdout + done.stderr
    paths = glob.glob(case.path("root") + "/**", recursive=True)
    return {path.rsplit("/root/", 1)[-1]: path for path in paths if os.path.isfile(path)}


def find(files, end):
    found = [path for path in files if path.endswith(end)]
    assert len(found) == 1, (end, sorted(files))
    return files[found[0]]


def help_options():
    text = run(harness.PROGRAM, "--help").stdout
    return re.findall(r"^ *(?:-\w, )?--([a-z-]+)", text, re.M), text


def test_everything_is_installed(case):
    files = install(case)
    for end in ("bin/meshbot", "libexec/meshbot/meshbot-archive", "gstreamer-1.0/libgstmeshbot.so",
                "lib/systemd/system/meshbot.service", "lib/systemd/system/meshbot.socket", "sysusers.d/meshbot.conf",
                "tmpfiles.d/meshbot.conf", "etc/meshbot/meshbot.conf", "man/man8/meshbot.8", "man/man1/meshbot.1",
                "man/man5/meshbot.conf.5", "man/man5/meshbot.pipeline.5", "completions/meshbot", "vendor-completions/_meshbot",
                "pipelines/sources/videotestsrc.pipeline"):
        find(files, end)


def test_unit_is_valid_and_little_exposed(case):
    files = install(case)
    unit = find(files, "meshbot.service")
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    program = re.search(r"^ExecStart=(\S+)", text, re.M).group(1)
    assert "/root" + program in find(files, "bin/meshbot"), program
    # To be verified, what it starts has to be there.
    copy = case.path("meshbot.service")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace(program, harness.PROGRAM))
    shutil.copy(find(files, "meshbot.socket"), case.folder.name)
    done = run("systemd-analyze", "verify", "--man=no", copy, case.path("meshbot.socket"))
    assert done.returncode == 0 and "meshbot" not in done.stderr, done.stderr
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=19", copy)
    assert done.returncode == 0, done.stdout
    print("# " + [line for line in done.stdout.splitlines() if "Overall" in line][0])


def test_user_and_folders_are_made(case):
    if os.geteuid() != 0:
        print("# not run as root: neither can be made")
        return
    files = install(case)
    root = case.path("machine")
    os.makedirs(root + "/etc")
    done = run("systemd-sysusers", "--root=" + root, find(files, "sysusers.d/meshbot.conf"))
    assert done.returncode == 0, done.stderr
    with open(root + "/etc/passwd", encoding="utf-8") as file:
        entry = [line for line in file if line.startswith("meshbot:")][0].strip().split(":")
    assert entry[5] == "/var/lib/meshbot" and entry[6].endswith("nologin"), entry
    done = run("systemd-tmpfiles", "--create", "--root=" + root, find(files, "tmpfiles.d/meshbot.conf"))
    assert done.returncode == 0, done.stderr
    state = os.stat(root + "/var/lib/meshbot")
    assert state.st_uid == int(entry[2]) and state.st_mode & 0o777 == 0o750, oct(state.st_mode)
    assert os.stat(root + "/etc/meshbot").st_mode & 0o777 == 0o750


def test_installed_configuration_is_taken(case):
    path = find(install(case), "etc/meshbot/meshbot.conf")
    host = case.host("--config", path)
    assert host.stop()[0] == 0 and host.stderr == [], host.stderr
    # What stands in it as an example is right, too.
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^# ([a-z-]+=)", r"\1", file.read(), flags=re.M)
    for name in ("secret", "turn-secret"):
        with open(case.path(name), "w", encoding="utf-8") as file:
            os.chmod(case.path(name), 0o600)
            file.write("x" * 40)
        text = text.replace("/etc/meshbot/" + name, case.path(name))
    with open(case.path("all.conf"), "w", encoding="utf-8") as file:
        file.write(text)
    host = case.host("--config", case.path("all.conf"))
    assert host.stop()[0] == 0 and host.stderr == [], host.stderr


def test_manuals_are_well_formed(case):
    for path in sorted(glob.glob(TOP + "/docs/man/*.[0-9]")):
        done = run("mandoc", "-T", "lint", "-W", "warning", path)
        assert done.returncode == 0 and done.stdout == "", done.stdout


def test_documents_name_files_that_exist(case):
    for path in sorted(glob.glob(TOP + "/*.md") + glob.glob(TOP + "/docs/*.md")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name in re.findall(r"`((?:tests|docs|src|bench|scripts)/[\w./-]+)`", text):
            # A program that is built has its source there.
            assert os.path.exists(f"{TOP}/{name}") or os.path.exists(f"{TOP}/{name}.c"), f"{path}: {name}"
        for name in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", text):
            assert os.path.exists(os.path.join(os.path.dirname(path), name)), f"{path}: {name}"


def test_manual_has_every_option(case):
    with open(TOP + "/docs/man/meshbot.8", encoding="utf-8") as file:
        manual = file.read()
    options, _ = help_options()
    assert len(options) > 40, options
    for option in options:
        assert re.search(rf"Fl -{option}\b", manual), f"--{option} is not in meshbot(8)"
    for option in set(re.findall(r"^\.It (?!Cm archive).*?Fl -([a-z-]+)", manual, re.M)):
        assert option in options, f"--{option} of meshbot(8) does not exist"


def documented_keys():
    """(section, key) as meshbot.conf(5) has them."""
    keys, section = set(), None
    with open(TOP + "/docs/man/meshbot.conf.5", encoding="utf-8") as file:
        for line in file:
            if line.startswith(".Ss ["):
                section = line.strip()[5:-1]
            elif line.startswith(".It Cm ") and section:
                keys.update((section, key) for key in line[7:].replace(",", " ").split())
    return keys


def is_key(case, section, key):
    with open(case.path("one.conf"), "w", encoding="utf-8") as file:
        file.write(f"[{section}]\n{key}=\n")
    done = case.run("--config", case.path("one.conf"), "--listen", "nowhere")
    assert done.returncode == 2, done
    return "no such key" not in done.stderr and "section" not in done.stderr


def is_section(case, section):
    with open(case.path("one.conf"), "w", encoding="utf-8") as file:
        file.write(f"[{section}]\n")
    return "no section" not in case.run("--config", case.path("one.conf"), "--listen", "nowhere").stderr


def test_configuration_s_manual_has_every_key(case):
    documented = documented_keys()
    assert len(documented) > 10, documented
    for section, key in sorted(documented):
        assert is_key(case, section, key), f"[{section}] {key} of meshbot.conf(5) does not exist"
    options = help_options()[0]
    sections = {section for section, _ in documented} | {option.split("-")[0] for option in options} | {"http", "host", "daemon"}
    for section in sorted(filter(lambda section: is_section(case, section), sections)):
        for option in options:
            key = option.removeprefix(section + "-")
            if (section, key) not in documented:
                assert not is_key(case, section, key), f"[{section}] {key} is not in meshbot.conf(5)"


def complete(case, *words):
    """What bash offers for the last word."""
    script = f"""
source {TOP}/data/completions/meshbot
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_meshbot "$1"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = run("bash", "-c", script, "bash", *words, cwd=case.folder.name, env=harness.environment(case.folder.name))
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def test_bash_completes_what_there_is(case):
    options, text = help_options()
    assert sorted(complete(case, harness.PROGRAM, "--")) == sorted("--" + option for option in options)
    assert complete(case, harness.PROGRAM, "--rep") == ["--report"]
    assert {"archive", "token"} <= set(complete(case, harness.PROGRAM, ""))
    assert complete(case, harness.PROGRAM, "archive", "ver") == ["verify"]
    assert "--secret-file" in complete(case, harness.PROGRAM, "token", "--")
    # Values to choose from are those of the help.
    choices = re.findall(r"--([a-z-]+) ([a-z]+(?:\|[a-z]+)+) ", text)
    assert len(choices) >= 3, choices
    for option, values in choices:
        assert complete(case, harness.PROGRAM, "--" + option, "") == values.split("|"), option
        assert complete(case, harness.PROGRAM, "--" + option, "=", values[0])[0].startswith(values[0])
    assert "videotestsrc" in complete(case, harness.PROGRAM, "-s", "video")
    with open(case.path("meshbot.conf"), "w", encoding="utf-8"):
        pass
    assert complete(case, harness.PROGRAM, "--config", "mesh") == ["meshbot.conf"]
    assert complete(case, harness.PROGRAM, "--room", "") == []


def test_zsh_completes_what_there_is(case):
    if shutil.which("zsh") is None:
        print("# no zsh here")
        return
    script = f"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; fpath=({TOP}/data/completions $fpath); autoload -Uz compinit; compinit -u -d {case.path("dump")}'
zpty -w z 'bindkey "^I" complete-word; echo rea\\dy'
zpty -r z line '*ready*'
zpty -w -n z $'{harness.PROGRAM} --rep\t'
zpty -r z line '*--report*'
print -r -- "$line"
zpty -w -n z $'x.json --log-form\t'
zpty -r z line '*--log-format*'
print -r -- "$line"
zpty -d z
"""
    done = run("zsh", "-f", "-c", script, env=harness.environment(case.folder.name))
    assert "--report" in done.stdout and "--log-format" in done.stdout, (done.stdout, done.stderr)


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
