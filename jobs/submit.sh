#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Submits train, spectra and distances of one or several studies as a chain of Slurm jobs.
# jobs/submit.sh --help lists the options; jobs/README.md explains.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname "$0")/environment.sh"

usage() {
  cat <<'TEXT'
usage: jobs/submit.sh STUDY [STUDY...] [options] [options of equikoop]

Submits train, spectra and distances, each waiting for the success of the one before; several studies
make job arrays. A job that is warned of its time limit stops in time and is requeued.

  --site NAME            jobs/sites/NAME.sh, or a path (default: local)
  --partition NAME       --account NAME
  --STAGE-ranks N        STAGE is train, spectra or distances; defaults stand in the job scripts
  --STAGE-time LIMIT     as sbatch takes it: minutes or hh:mm:ss
  --time LIMIT           for every stage
  --sbatch WORD          one more option for sbatch, for every stage; may be repeated
  --restarts N           requeue a job at most so often (default 20)
  --dry-run              print the sbatch lines, submit nothing

Options of equikoop are passed on: --out DIR (one study only), --force, --section.key=value, ...
TEXT
}

refuse() { echo "equikoop: $*" >&2; exit 2; }

# Each option with a value is checked here; nothing of it is ever read again by a shell.
check() {  # NAME VALUE PATTERN WHAT
  [[ $2 =~ ^$3$ ]] || refuse "$1 '$2': give $4"
}

site=local dry_run=0 studies=() passed=() common=() last=()
declare -A stage_options=([train]='' [spectra]='' [distances]='')
number='[1-9][0-9]{0,6}' limit='[0-9]{1,5}([:-][0-9]{1,2}){0,3}' name='[A-Za-z0-9][A-Za-z0-9_.,@+-]*'

while [ $# -gt 0 ]; do
  word=$1
  shift
  [[ $word =~ [[:cntrl:]] ]] && refuse "an argument contains a control character"
  case $word in  # --option=value is --option value
    --site=* | --partition=* | --account=* | --time=* | --sbatch=* | --restarts=* | \
      --train-*=* | --spectra-*=* | --distances-*=*) set -- "${word#*=}" "$@"; word=${word%%=*} ;;
  esac
  case $word in
    -h | --help) usage; exit 0 ;;
    --dry-run) dry_run=1; continue ;;
    -*) ;;
    *) studies+=("$word"); continue ;;
  esac
  case $word in
    --site | --partition | --account | --time | --sbatch | --restarts | --out | --petsc | --walltime | \
      --train-* | --spectra-* | --distances-*) [ $# -gt 0 ] || refuse "$word needs a value; see $0 --help" ;;
  esac
  case $word in
    --site) site=$1 ;;
    --partition | --account) check "$word" "$1" "$name" "a name"; common+=("$word=$1") ;;
    --time) check "$word" "$1" "$limit" "minutes or hh:mm:ss"; common+=("$word=$1") ;;
    --sbatch) [[ $1 == -* ]] || refuse "--sbatch '$1': give an option of sbatch, such as --qos=long"; last+=("$1") ;;
    --restarts) check "$word" "$1" '[0-9]{1,4}' "a number"; export EQUIKOOP_RESTARTS=$1 ;;
    --train-ranks | --spectra-ranks | --distances-ranks)
      check "$word" "$1" "$number" "a number of ranks"
      stage=${word#--}; stage_options[${stage%-ranks}]+=" --ntasks=$1" ;;
    --train-time | --spectra-time | --distances-time)
      check "$word" "$1" "$limit" "minutes or hh:mm:ss"
      stage=${word#--}; stage_options[${stage%-time}]+=" --time=$1" ;;
    --train-* | --spectra-* | --distances-*) refuse "unknown option '$word'; see $0 --help" ;;
    --out | --petsc | --walltime) passed+=("$word" "$1") ;;
    *) passed+=("$word"); continue ;;
  esac
  shift
done

[ ${#studies[@]} -gt 0 ] || { usage >&2; exit 2; }
declare -A taken=()
folders=()
for study in "${studies[@]}"; do
  if [ ! -f "$study" ] || [ ! -r "$study" ]; then refuse "there is no study file '$study'"; fi
  out=$(equikoop_out "$study" "${passed[@]}")
  [ -z "${taken[$out]:-}" ] || refuse "'$study' and '${taken[$out]}' have the same folder of results, $out; rename one, or submit them one by one with --out"
  taken[$out]=$study
  folders+=("$out")
done

[[ $site == */* ]] || { check --site "$site" "$name" "the name of a file in jobs/sites, without .sh, or a path"; site=$equikoop_root/jobs/sites/$site.sh; }
[ -f "$site" ] || refuse "there is no site file '$site'; copy jobs/sites/template.sh"
site=$(cd "$(dirname "$site")" && pwd)/$(basename "$site")
# shellcheck disable=SC2034  # site files may use it
ranks=1
submit_options=()
# shellcheck source-path=SCRIPTDIR source=sites/template.sh
. "$site"

# What the jobs need to know travels in their environment, where nothing has to be quoted.
export EQUIKOOP_ROOT=$equikoop_root EQUIKOOP_SITE=$site

# sbatch replaces %x in the name of a log, so a per cent sign of the folder is doubled.
logs=$(dirname "${folders[0]}")/logs
log=${logs//%/%%}/%x-%j.log
array=() after=afterok
if [ ${#studies[@]} -gt 1 ]; then
  after=aftercorr  # afterok for the same task of two arrays: one failed study does not hold the others
  array=("--array=0-$((${#studies[@]} - 1))")
  log=${logs//%/%%}/%x-%A_%a.log
fi
[ $dry_run = 1 ] || mkdir -p "$logs"

# submit STAGE [JOB it waits for]: prints the number of the job.
submit() {
  local stage=$1 own=() wait=() line reply
  read -ra own <<< "${stage_options[$stage]}"
  if [ $# -gt 1 ]; then wait=("--dependency=$after:$2" --kill-on-invalid-dep=yes); fi
  line=(sbatch --parsable --export=ALL "--output=$log" "${submit_options[@]}" "${common[@]}" "${own[@]}" "${last[@]}"
        "${array[@]}" "${wait[@]}" "$equikoop_root/jobs/$stage.sbatch" "${studies[@]}" "${passed[@]}")
  if [ $dry_run = 1 ]; then
    { printf '%q ' "${line[@]}"; echo; } >&3
    echo "${stage^^}"
    return
  fi
  reply=$("${line[@]}") || return
  echo "${reply%%;*}"
}

exec 3>&1  # what is printed inside $( )
train=$(submit train)
spectra=$(submit spectra "$train")
distances=$(submit distances "$spectra")
[ $dry_run = 0 ] || exit 0

echo "train $train, spectra $spectra, distances $distances; logs in $logs"
echo "queue:  squeue -j $train,$spectra,$distances"
for out in "${folders[@]}"; do
  printf 'status: %q status %q\n' "$equikoop_build/src/equikoop" "$out"
done
