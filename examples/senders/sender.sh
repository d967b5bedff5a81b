#!/usr/bin/env bash
# A sender that asks the list before every send, with redis-cli 7.
#
#   sender.sh check TOPIC X      yes or no; exits with 0 or 1
#   sender.sh batch TOPIC        reads identifiers, one a line; prints those that may be sent to
#   sender.sh fresh              has the service handled a webhook lately?
#   sender.sh copy TOPIC         keeps a copy of the list; answers identifiers on standard input from it
#
# TOPIC is `marketing` or another topic of the business, or `all` when a message has none. X is digits with country
# code, or a user id as Meta wrote it. Whatever goes wrong is a "no" and exits with 2.
# Environment: BAJA_REDIS_URL, BAJA_BUSINESS (default); in seconds, BAJA_MAX_AGE of the heartbeat (600) and
# BAJA_MAX_SILENCE of Redis (10), after which a copy answers no.
set -euo pipefail

url=${BAJA_REDIS_URL:-redis://127.0.0.1:6379}
max_age=${BAJA_MAX_AGE:-600}
max_silence=${BAJA_MAX_SILENCE:-10}
suppressed="baja:{${BAJA_BUSINESS:-default}}:suppressed"
heartbeat="baja:{${BAJA_BUSINESS:-default}}:heartbeat"
changes="baja:{${BAJA_BUSINESS:-default}}:changes"

# One command. With -e an error of Redis is an exit code, and not an answer that looks like one.
cli() { timeout 5 redis-cli -e --raw -u "$url" "$@" </dev/null 2>/dev/null; }

away() { echo "Redis does not answer, so nothing may be sent" >&2; exit 2; }
no() { echo no; away; }

# The sets that forbid a message of this topic.
sets_of() { echo "$suppressed"; [ "$1" = all ] || echo "$suppressed:$1"; }

check() {
    local key refused
    for key in $(sets_of "$1"); do
        refused=$(cli SISMEMBER "$key" "$2") || no
        [ "$refused" = 0 ] || { echo no; return 1; }
    done
    echo yes
}

# Those of the identifiers in the arguments, at most a thousand, that may be sent to.
allowed() {
    local topic=$1 key answers; shift
    local left=("$@") kept
    for key in $(sets_of "$topic"); do
        [ "${#left[@]}" -gt 0 ] || return 0
        answers=$(cli SMISMEMBER "$key" "${left[@]}") || away
        mapfile -t answers <<<"$answers"
        kept=()
        for index in "${!left[@]}"; do
            [ "${answers[$index]}" != 0 ] || kept+=("${left[$index]}")
        done
        left=("${kept[@]}")
    done
    [ "${#left[@]}" -eq 0 ] || printf '%s\n' "${left[@]}"
}

# Whether the service has handled a webhook lately, by the clock of Redis.
is_fresh() {
    local beat now
    beat=$(cli GET "$heartbeat") && now=$(cli TIME) || return 2
    [ -n "$beat" ] && [ $(( ${now%%$'\n'*} - beat / 1000 )) -le "$max_age" ]
}

batch() {
    local numbers
    [ "$1" != marketing ] || is_fresh || { echo "the heartbeat is old, or Redis is away: no marketing" >&2; exit 2; }
    while mapfile -t -n 1000 numbers && [ "${#numbers[@]}" -gt 0 ]; do
        allowed "$1" "${numbers[@]}"
    done
}

# A copy of the list in this process. A shell does one thing at a time, so it looks for changes between questions.
declare -A refused=()
last='' heard=-1

read_all() {
    local key cursor page
    # The id first: a change in between is then read twice, which is harmless, and never missed.
    last=$(cli XREVRANGE "$changes" + - COUNT 1) || return 1
    last=${last%%$'\n'*}
    refused=()
    for key in $(sets_of "$topic"); do
        cursor=0
        while :; do
            page=$(cli SSCAN "$key" "$cursor" COUNT 1000) || { last=; return 1; }
            mapfile -t page <<<"$page"
            cursor=${page[0]}
            for member in "${page[@]:1}"; do [ -z "$member" ] || refused["$key $member"]=1; done
            [ "$cursor" != 0 ] || break
        done
    done
    echo "read the list: ${#refused[@]} members" >&2
}

catch_up() {
    local lines at key
    # Beginning at the last entry that we know: were it gone, so might be some after it that we do not know.
    lines=$(cli XRANGE "$changes" "${last:--}" + COUNT 1000) || return 0
    mapfile -t lines <<<"$lines"
    if [ "$heard" -lt 0 ] || [ "${lines[0]}" != "$last" ]; then
        read_all || return 0
    else
        # An entry is nine lines: its id, and identifier, scope, change and time with their names.
        for (( at = 9; at + 8 < ${#lines[@]}; at += 9 )); do
            key=$suppressed
            [ "${lines[at + 4]}" = all ] || key="$suppressed:${lines[at + 4]}"
            if [ "${lines[at + 6]}" = stop ]; then
                refused["$key ${lines[at + 2]}"]=1
            else
                unset "refused[$key ${lines[at + 2]}]"
            fi
            last=${lines[at]}
        done
    fi
    heard=$SECONDS
}

copy() {
    topic=$1
    local x key answer status
    until [ "$heard" -ge 0 ]; do catch_up; [ "$heard" -ge 0 ] || sleep 0.5; done
    echo ready
    while :; do
        status=0
        read -r -t 0.2 x || status=$?
        catch_up
        if [ "$status" -eq 0 ]; then
            answer=yes
            for key in $(sets_of "$topic"); do [ -z "${refused["$key $x"]:-}" ] || answer=no; done
            [ $(( SECONDS - heard )) -lt "$max_silence" ] || answer=no
            echo "$answer $x"
        elif [ "$status" -le 128 ]; then
            return 0
        fi
    done
}

case "${1:-} $#" in
    "check 3") check "$2" "$3" ;;
    "batch 2") batch "$2" ;;
    "fresh 1") is_fresh && echo yes || { status=$?; echo no; exit "$status"; } ;;
    "copy 2") copy "$2" ;;
    *) echo "sender.sh check TOPIC X | batch TOPIC | fresh | copy TOPIC" >&2; exit 2 ;;
esac
