#!/usr/bin/env bash
# Migrates from here, then replaces the jar of the app harbour: ./azure-app-service.sh
set -euo pipefail
group=${RESOURCE_GROUP:-harbour}

java -jar application.jar --migrate-only
az webapp config appsettings set --name harbour --resource-group "$group" --output none --settings \
	LOCKKEEPER_MODE=defer LOCKKEEPER_DEFER_WAIT_TIMEOUT=150s \
	WEBSITE_WARMUP_PATH=/actuator/health/readiness WEBSITE_WARMUP_STATUSES=200
az webapp deploy --name harbour --resource-group "$group" --src-path application.jar --type jar
