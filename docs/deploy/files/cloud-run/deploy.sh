#!/usr/bin/env bash
# Migrates with the image of a release, and then lets the service run it: ./deploy.sh IMAGE
set -euo pipefail
image=$1
region=${REGION:-europe-west1}

# Ends with an error when the migration failed, and nothing after it is executed
gcloud run jobs deploy harbour-migration --image "$image" --region "$region" \
	--env-vars-file harbour.yaml --set-secrets SPRING_DATASOURCE_PASSWORD=harbour-password:latest \
	--args=--migrate-only,--lockkeeper.max-duration=55m --task-timeout 1h --max-retries 3 --wait

# 24 tries, 10 seconds apart: the 240 seconds that Cloud Run allows
gcloud run deploy harbour --image "$image" --region "$region" \
	--env-vars-file harbour.yaml --set-secrets SPRING_DATASOURCE_PASSWORD=harbour-password:latest \
	--startup-probe httpGet.path=/actuator/health/readiness,periodSeconds=10,timeoutSeconds=5,failureThreshold=24
