#!/usr/bin/env bash
# migrate.sh [JAR]: migrates once. Tries again after a code for which another try can help (69, 75, 143), and stops after
# every other one.
# Ends with the code of the last try; 75 when it is running already.
set -uo pipefail
cd "$(dirname "$0")" || exit 78
jar=${1:-application.jar}
tries=${TRIES:-5}
pause=${PAUSE:-10}

# The lock is an open file. Script and JVM share it, and the kernel gives it back when the last of them has gone, killed or not
exec 9> migrate.lock
flock --nonblock 9 || { echo "migrate.sh is running already" >&2; exit 75; }

set -a
# shellcheck source=/dev/null
. ./harbour.env || exit 78
set +a

# A connection that breaks does not end the migration. SIGTERM reaches the JVM, and then there is no other try
stopped='' child=''
trap '' HUP
trap 'stopped=1; kill -TERM "$child" 2> /dev/null' TERM INT

for ((try = 1; ; try++)); do
	[ -z "$stopped" ] || exit 143
	java -jar "$jar" --migrate-only &
	child=$!
	# A signal may have come before the child was known
	[ -z "$stopped" ] || kill -TERM "$child" 2> /dev/null
	wait "$child"
	code=$?
	# A signal ends the wait before the JVM has ended
	while kill -0 "$child" 2> /dev/null; do wait "$child"; code=$?; done
	case $code in
		69 | 75 | 143) ;;
		*) exit "$code" ;;
	esac
	if [ -n "$stopped" ] || [ "$try" -ge "$tries" ]; then
		exit "$code"
	fi
	echo "Try $try ended with $code; the next one begins in $pause seconds" >&2
	sleep "$pause" 9>&- &
	child=$!
	[ -z "$stopped" ] || kill -TERM "$child" 2> /dev/null
	wait "$child"
done
