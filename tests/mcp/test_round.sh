# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A round of work by two agents, and the death of a third.
exec "$MCP_NODE" "$MCP_PACKAGES/round.mjs"
