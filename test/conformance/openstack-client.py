"""Drives Debian's `openstack` client, unmodified, as its interactive mode does: many commands, one process, one token.

Reads a JSON list of words a line on stdin, and answers each with a JSON line: the exit status, stdout and stderr.
Credentials come from the environment (OS_AUTH_URL and so on), as for the client itself.
"""
import io
import json
import sys

answers, sys.stdout, sys.stderr = sys.stdout, io.StringIO(), io.StringIO()

from openstackclient.shell import OpenStackShell  # noqa: E402 (it keeps the streams that it finds)


def taken(stream):
    """What was written since the last time."""
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


def run(shell, argv):
    try:
        return shell.run_subcommand(argv)
    except SystemExit as end:  # how its parser says that the words are wrong
        return end.code


def main():
    shell = OpenStackShell()
    shell.run(['module', 'list'])  # needs no token: what it prints is not asked for
    for stream in (sys.stdout, sys.stderr):
        taken(stream)
    for line in sys.stdin:
        status = run(shell, json.loads(line))
        answer = {'status': status, 'stdout': taken(sys.stdout), 'stderr': taken(sys.stderr)}
        print(json.dumps(answer), file=answers, flush=True)


main()
