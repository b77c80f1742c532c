#!/usr/bin/env bash
# Runs the Job of a release and waits for its end, also when that is a failure: oc wait --for=condition=complete would then
# wait until its time is up. Shows the log, and ends with 1 when the Job has failed.
set -euo pipefail
cd "$(dirname "$0")"
# A Job cannot be changed
oc delete job harbour-migration --ignore-not-found
oc apply -f migration.yaml
until end=$(oc get job harbour-migration -o 'jsonpath={.status.conditions[?(@.status=="True")].type}' |
	grep --only-matching --word-regexp --max-count=1 -e Complete -e Failed); do
	sleep "${PAUSE:-5}"
done
oc logs --selector=job-name=harbour-migration --tail=-1
echo "The Job has ended: $end"
[[ $end != *Failed* ]]
