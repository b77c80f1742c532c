#!/usr/bin/env bash
# Migrates with the image of a release in the job harbour-migration, then lets the app harbour run it:
# ./azure-container-apps.sh IMAGE
set -euo pipefail
image=$1
group=${RESOURCE_GROUP:-harbour}

# The variable and no argument: az would take a value that begins with dashes for an option of its own
az containerapp job update --name harbour-migration --resource-group "$group" --image "$image" \
	--set-env-vars LOCKKEEPER_MODE=migrate-only LOCKKEEPER_MAX_DURATION=55m --replica-timeout 3600 --replica-retry-limit 3 --output none
execution=$(az containerapp job start --name harbour-migration --resource-group "$group" --query name --output tsv)
status=Running
while [ "$status" != Succeeded ]; do
	case $status in
		Running | Processing | Unknown) sleep 10 ;;
		*) echo "The migration $execution has ended: $status" >&2; exit 1 ;;
	esac
	status=$(az containerapp job execution show --name harbour-migration --resource-group "$group" \
		--job-execution-name "$execution" --query properties.status --output tsv)
done

az containerapp update --name harbour --resource-group "$group" --image "$image" \
	--set-env-vars LOCKKEEPER_MODE=defer LOCKKEEPER_DEFER_WAIT_TIMEOUT=150s --output none
