#!/usr/bin/env bash
# Migrates from the pipeline, and then lets Lambda serve the release: ./lambda.sh PACKAGE
set -euo pipefail
package=$1

# Nothing after it is executed when the migration fails
java -jar application.jar --migrate-only --lockkeeper.max-duration=30m

version=$(aws lambda update-function-code --function-name harbour --zip-file "fileb://$package" \
	--publish --query Version --output text)
# With SnapStart Lambda starts the function once for its snapshot, which may fail
aws lambda wait published-version-active --function-name harbour --qualifier "$version"
aws lambda update-alias --function-name harbour --name live --function-version "$version"
