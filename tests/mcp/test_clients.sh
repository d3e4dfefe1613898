# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The official SDK's clients, versions 1 and 2.
exec "$MCP_NODE" "$MCP_PACKAGES/clients.mjs"
