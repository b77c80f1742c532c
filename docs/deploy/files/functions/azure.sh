#!/usr/bin/env bash
# Migrates from the pipeline, and then deploys the function: ./azure.sh PACKAGE
set -euo pipefail
package=$1

# Nothing after it is executed when the migration fails
java -jar application.jar --migrate-only --lockkeeper.max-duration=30m

az functionapp deployment source config-zip --resource-group harbour --name harbour --src "$package"
