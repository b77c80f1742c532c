#!/usr/bin/env bash
# Migrates with the image of a release, in a task of ECS, and ends with the code of the task: ./migrate.sh IMAGE
# CLUSTER names the cluster, NETWORK the subnets and security groups in the form of --network-configuration.
set -euo pipefail
image=$1

definition=$(aws ecs register-task-definition --cli-input-json "$(sed "s#\"IMAGE\"#\"$image\"#" migration.json)" \
	--query taskDefinition.taskDefinitionArn --output text)

# Runs the task once and sets code and reason
migrate() {
	local task wait ended
	task=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$definition" --launch-type FARGATE \
		--network-configuration "$NETWORK" --query 'tasks[0].taskArn' --output text)
	code=1 reason="ECS has started no task"
	[ "$task" != None ] || return 0
	# Each wait gives up after 10 minutes
	for wait in {1..12}; do
		aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$task" || continue
		ended=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" \
			--query 'tasks[0].[containers[0].exitCode, stoppedReason]' --output text)
		read -r code reason <<< "$ended"
		# The container was not started, for instance because its image cannot be pulled
		[ "$code" != None ] || code=1
		return 0
	done
	reason="the task $task runs for more than two hours"
}

for try in 1 2 3; do
	migrate
	echo "The migration ended with code $code ($reason)"
	case $code in
		# To be tried again; 137 is a task that was killed
		69 | 75 | 137 | 143) sleep 30 ;;
		*) exit "$code" ;;
	esac
done
exit "$code"
