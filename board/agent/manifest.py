# Freezes the agent into a firmware: include() this file in the manifest of your board, or build
# with FROZEN_MANIFEST=…/manifest.py. `mpyfleet agent freeze FOLDER` writes it, with the agent.
# The agent needs asyncio, which most ports freeze themselves; without it, add
# include("$(MPY_DIR)/extmod/asyncio").
freeze("modules", opt=3)
