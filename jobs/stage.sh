# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the job scripts, one a stage: runs equikoop under the site's launcher, forwards the
# scheduler's warning, and puts the job back into the queue when equikoop stopped in time.
# Knows no site: launchers and modules are in sites/.

# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

resumable=85  # equikoop's exit code: stopped in time, the same command goes on
ranks=${SLURM_NTASKS:-${EQUIKOOP_RANKS:-$equikoop_cores}}
launcher=()

say() { echo "equikoop: $*"; }
fail() { echo "equikoop: $*" >&2; exit 2; }

# The name that Slurm's commands take; a task of an array is not its number alone, because the last
# task carries the number of the whole array.
own_job() {
  if [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then echo "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; else echo "${SLURM_JOB_ID:-}"; fi
}

# Splits the words of a job script into `study` and `options`. Words up to the first option are
# studies: one, or, in an array, one for each task.
choose_study() {
  local studies=()
  while [ $# -gt 0 ] && [[ $1 != -* ]]; do
    studies+=("$1")
    shift
  done
  options=("$@")
  if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    study=${studies[$SLURM_ARRAY_TASK_ID]:-}
    [ -n "$study" ] || fail "task $SLURM_ARRAY_TASK_ID of the array has no study; give ${#studies[@]} tasks to ${#studies[@]} studies"
  else
    [ ${#studies[@]} -eq 1 ] || fail "give one study file, then options (several studies: jobs/submit.sh)"
    study=${studies[0]}
  fi
}

# A stage that begins anew whenever it is requeued would never end.
drop_force_when_resuming() {
  local word kept=()
  [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || return 0
  for word in "${options[@]}"; do [ "$word" = --force ] || kept+=("$word"); done
  options=("${kept[@]}")
}

load_site() {
  local site=${EQUIKOOP_SITE:-local}
  [[ $site == */* ]] || site=$equikoop_root/jobs/sites/$site.sh
  [ -f "$site" ] || fail "there is no site file $site; copy jobs/sites/template.sh"
  # shellcheck source=sites/local.sh
  . "$site"
  [ ${#launcher[@]} -gt 0 ] || fail "the site file $site sets no launcher"
  program=${EQUIKOOP_PROGRAM:-$equikoop_build/src/equikoop}
  [ -x "$program" ] || program=$(command -v equikoop) ||
    fail "no equikoop in $equikoop_build and none on the PATH; build it with jobs/setup.sh"
}

# Runs a command and waits for it. USR1 is the scheduler's warning; launchers pass it on to the
# ranks, which is not so for TERM: mpirun and srun take that as an order to kill.
run_forwarding() {
  local interrupted=0 child=''
  # Before the command, for the warning may come while it starts.
  trap 'interrupted=1; warned=1; [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null || true' USR1
  trap 'interrupted=1; [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null || true' TERM INT
  "$@" &
  child=$!
  [ $interrupted = 0 ] || kill -USR1 "$child" 2>/dev/null || true
  while :; do  # a trap ends a wait early
    interrupted=0
    code=0
    wait "$child" || code=$?
    [ $interrupted = 1 ] || break
  done
  trap - USR1 TERM INT
}

# A rank may be killed by the launcher while others still stop: after a warning that counts as
# stopped, for the archive is whole either way.
stopped_in_time() { [ "$code" = $resumable ] || { [ "$warned" = 1 ] && [ "$code" -ge 128 ]; }; }

cancelled() { scontrol show job "$1" 2>/dev/null | grep -q 'JobState=CANCELLED'; }

# Puts this job back into the queue under the same number, so that jobs that depend on it wait.
requeue() {
  local job restarts=${SLURM_RESTART_COUNT:-0} limit=${EQUIKOOP_RESTARTS:-20}
  job=$(own_job)
  if [ -z "$job" ]; then
    say "stopped in time; resume with the same command"
  elif cancelled "$job"; then
    say "job $job was cancelled; what is whole is kept, submit again to go on"
  elif [ "$restarts" -ge "$limit" ]; then
    say "job $job has been requeued $restarts times, the most that EQUIKOOP_RESTARTS allows; submit again to go on"
  elif scontrol requeue "$job"; then
    say "job $job stopped in time and is requeued (restart $((restarts + 1)) of at most $limit)"
  else
    say "job $job stopped in time but could not be requeued; submit again to go on"
  fi
}

# run_stage COMMAND STUDY [options of equikoop]: exits with equikoop's code when that is not 0.
run_stage() {
  local stage=$1 code=0 warned=0
  shift
  choose_study "$@"
  drop_force_when_resuming
  load_site
  say "$stage of $study on $ranks ranks${SLURM_JOB_ID:+, job $(own_job) on ${SLURM_JOB_NODELIST:-?}, restart ${SLURM_RESTART_COUNT:-0}}"
  run_forwarding "${launcher[@]}" "$program" "$stage" "$study" "${options[@]}"
  if stopped_in_time; then
    requeue
    exit $resumable
  fi
  [ "$code" = 0 ] || exit "$code"
}

# The report is for reading: where its Python is missing, the results are whole all the same.
make_report() {
  local out python
  out=$(equikoop_out "$study" "${options[@]}")
  if ! python=$(equikoop_python 2>/dev/null); then
    say "no report: no Python with h5py and matplotlib here; elsewhere: python3 postprocess/report.py $out"
  elif ! "$python" "$equikoop_root/postprocess/report.py" "$out"; then
    say "the report failed, the results are whole: $python postprocess/report.py $out"
  fi
}
