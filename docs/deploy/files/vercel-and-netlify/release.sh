#!/usr/bin/env bash
# Migrates, then replaces the application where it runs, then publishes the front end that needs it
set -euo pipefail
java -jar application.jar --migrate-only
./deploy.sh application.jar
case ${FRONT_END:-vercel} in
	vercel) vercel deploy --prod --cwd front-end ;;
	netlify) netlify deploy --prod --cwd front-end ;;
esac
