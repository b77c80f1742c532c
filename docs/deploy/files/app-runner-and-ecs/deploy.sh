#!/usr/bin/env bash
# Lets the service of ECS run the image of a release that has migrated: ./deploy.sh IMAGE
# CLUSTER names the cluster, SERVICE the service.
set -euo pipefail
image=$1

definition=$(aws ecs register-task-definition --cli-input-json "$(sed "s#\"IMAGE\"#\"$image\"#" application.json)" \
	--query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --task-definition "$definition" \
	--deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true}' --output text \
	--query service.serviceArn
aws ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"
