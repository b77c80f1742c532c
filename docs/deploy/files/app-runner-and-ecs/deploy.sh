#!/usr/bin/env bash
# Lets the service of ECS run the image of a release that has migrated: ./deploy.sh IMAGE
# CLUSTER names the cluster, SERVICE the service. Ends with 1 when ECS has gone back to the release before.
set -euo pipefail
image=$1

definition=$(aws ecs register-task-definition --cli-input-json "$(sed "s#\"IMAGE\"#\"$image\"#" application.json)" \
	--query taskDefinition.taskDefinitionArn --output text)
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --task-definition "$definition" \
	--deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true}' --output text \
	--query service.serviceArn
aws ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"

# The service is stable, too, when tasks of this release did not become healthy and ECS has gone back to the one before
serving=$(aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" --output text \
	--query "services[0].deployments[?status=='PRIMARY'].taskDefinition | [0]")
if [ "$serving" != "$definition" ]; then
	echo "ECS has gone back to $serving" >&2
	exit 1
fi
echo "The service runs $serving"
