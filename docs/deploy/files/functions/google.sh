#!/usr/bin/env bash
# Migrates from the pipeline, and then deploys the function: ./google.sh FOLDER
set -euo pipefail
folder=$1

# Nothing after it is executed when the migration fails
java -jar application.jar --migrate-only --lockkeeper.max-duration=30m

gcloud functions deploy harbour --gen2 --region europe-west1 --runtime java21 --source "$folder" \
	--entry-point org.springframework.cloud.function.adapter.gcp.GcfJarLauncher --trigger-http
