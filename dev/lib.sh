# What the scripts of this folder share. Sourced, never run. Works with bash 3.2 and newer.
# shellcheck shell=bash

set -euo pipefail

# shellcheck disable=SC2034 # used by those who source this
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# How many tests of one process run beside each other. Without a bound all of them do, and one that
# waits for real sockets or processes has thousands of others between each two of its steps. What does
# not know the variable takes no notice.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}"

# Progress and trouble go to standard error; standard output is for results.
say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# Prints the path of the command line tool, built if need be. AZURE_MONITOR_TOOL names another one:
# for a quick check, at the risk that it is of yesterday.
tool_path() {
    if [ -z "${AZURE_MONITOR_TOOL:-}" ]; then
        "$root/dev/tool" | tail -n 1
        return
    fi
    [ -x "$AZURE_MONITOR_TOOL" ] || die "AZURE_MONITOR_TOOL is no program: $AZURE_MONITOR_TOOL"
    say "note: the tool is $AZURE_MONITOR_TOOL, and was not built"
    printf '%s\n' "$AZURE_MONITOR_TOOL"
}

# A folder that is gone when the script ends, and processes that are too.
# Callers read `$scratch`; one script makes one.
scratch=""
local_pid=""

make_scratch() {
    scratch="$(mktemp -d "${TMPDIR:-/tmp}/azure-monitor.XXXXXX")"
}

clean_up() {
    stop_local
    if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a program that is ended after some seconds; without an end where there is no timeout(1).
# within SECONDS COMMAND…
within() {
    if command -v timeout >/dev/null; then
        timeout "$@"
    else
        shift
        "$@"
    fi
}

# Prints the first line of a file, once it is complete, or fails after some seconds.
# first_line FILE SECONDS PID: gives up at once when the process is gone and wrote nothing.
first_line() {
    local tries=$(($2 * 10))
    while [ "$tries" -gt 0 ]; do
        if [ "$(wc -l <"$1")" -gt 0 ]; then
            head -n 1 "$1"
            return 0
        fi
        kill -0 "$3" 2>/dev/null || return 1
        sleep 0.1
        tries=$((tries - 1))
    done
    return 1
}

# Waits some seconds for one of our own children, then ends it. Prints nothing.
# end_child PID SECONDS
end_child() {
    local tries=$(($2 * 10))
    kill -TERM "$1" 2>/dev/null || true
    while [ "$tries" -gt 0 ] && kill -0 "$1" 2>/dev/null; do
        sleep 0.1
        tries=$((tries - 1))
    done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# Starts `azure-monitor local` on a free port.
# start_local TOOL: sets connection_string and endpoint.
start_local() {
    : >"$scratch/local.out"
    "$1" local --port 0 >"$scratch/local.out" 2>"$scratch/local.err" &
    local_pid=$!
    if ! connection_string="$(first_line "$scratch/local.out" 120 "$local_pid")"; then
        cat "$scratch/local.err" >&2
        die "azure-monitor local did not start"
    fi
    # The part behind IngestionEndpoint=, without the slash at its end.
    endpoint="${connection_string#*IngestionEndpoint=}"
    endpoint="${endpoint%%;*}"
    endpoint="${endpoint%/}"
    export connection_string endpoint
}

stop_local() {
    if [ -n "$local_pid" ]; then
        end_child "$local_pid" 10
        local_pid=""
    fi
}

# Prints the one number that a query gives.
# query_number TOOL ENDPOINT SQL: the SELECT names its one column `n`.
query_number() {
    local answer
    answer="$("$1" query "$3" --endpoint "$2" --json)" || return 1
    printf '%s' "$answer" | tr -d ' \n' | sed -n 's/^\[{"n":\(-\{0,1\}[0-9][0-9.]*\)}\]$/\1/p'
}

# Prints the path of a Python interpreter with the packages that Tests/Integration/requirements.txt
# pins, in an environment that is made again when the list changes. This is the one part that uses the
# network.
pinned_python() {
    local home="$root/.build-integration"
    local wanted="$root/Tests/Integration/requirements.txt"
    local python="$home/.venv/bin/python"
    if ! cmp -s "$wanted" "$home/requirements.txt" || ! "$python" -c '' 2>/dev/null; then
        rm -rf "$home"
        mkdir -p "$home"
        python3 -m venv "$home/.venv" >&2
        # Those who serve packages have their moments; nothing here is in a hurry.
        "$python" -m pip install --quiet --disable-pip-version-check --no-input \
            --retries 10 --timeout 60 --requirement "$wanted" </dev/null >&2
        cp "$wanted" "$home/requirements.txt"
    fi
    printf '%s\n' "$python"
}

# Installs what `pinned_python` needs, and the packages that are named.
set_up_python() {
    local packages=("$@")
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then packages+=(python3 python3-venv); fi
    "$root/dev/setup" "${packages[@]}"
}

# Runs a command that cannot leave this machine, because there is no network but loopback.
run_apart() {
    # As root a namespace is enough; others become root in a user namespace first.
    local apart=(unshare --net)
    if ! "${apart[@]}" true 2>/dev/null; then apart=(unshare --user --map-root-user --net); fi
    "${apart[@]}" true || die "no network namespace can be made here; see unshare(1)"
    # shellcheck disable=SC2016 # for the inner shell
    PATH="$PATH:/usr/sbin:/sbin" "${apart[@]}" bash -c 'ip link set lo up && exec "$@"' _ "$@"
}
