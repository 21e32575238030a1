# What the scripts of this folder share. Sourced, never run. Works with bash 3.2 and newer.
# shellcheck shell=bash

set -euo pipefail

# shellcheck disable=SC2034 # used by those who source this
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Progress and trouble go to standard error; standard output is for results.
say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
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
    if ! connection_string="$(first_line "$scratch/local.out" 20 "$local_pid")"; then
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
