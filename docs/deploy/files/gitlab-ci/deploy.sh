#!/usr/bin/env bash
# Your own: whatever replaces the running application, for example
exec flyctl deploy --local-only
