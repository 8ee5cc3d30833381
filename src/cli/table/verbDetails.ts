// Texts that `mpyfleet help COMMAND` shows below the command's options.

export const PATTERNS =
  '*, ? and [...] in a path match files on the board; put the path in quotes.';

export const RM_DETAILS = `A copy of every file is kept on this computer, as by the window: "mpyfleet undo" restores what the last rm of a board removed.
--no-copy removes without reading the files first.`;

export const MIP_DETAILS = `PACKAGE: NAME, NAME@VERSION, github:ORG/REPO[@BRANCH], gitlab:ORG/REPO, codeberg:ORG/REPO, pypi:NAME[==VERSION], a URL or a local path.
Everything is downloaded here, so the boards need no network. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
adopt adds packages that were installed from elsewhere (mip, mpremote, another computer) to the list.
lock writes mpy.lock for the packages named, or for those on the board; sync installs exactly these on boards.
Files that were changed on a board or installed from elsewhere are kept unless --force is given.`;

export const SYNC_DETAILS = `Nothing is deleted without --mirror. Files listed in .mpyignore, and files that no board needs, are excluded.
It ends with 1 if a file of the plan cannot be synced, such as a source that does not exist; the others are synced.
FILE is an mqsync specification, or a device file of iot-kernel (.yaml); without FILE those of .micropython/devices and $IOT_DEVICES.
A specification whose first line is "#!/usr/bin/env -S mpyfleet sync" is a script, once it is executable: ./blink -b 'rack[1-4]' -n
Files outside its folder, its repository and the current folder are read only with --force.`;

export const MOUNT_DETAILS = `The folder is /remote on the board and its current folder, so import and open() find its files; nothing is copied. Without a command after it, the REPL opens.
  mpyfleet mount .                    mpyfleet mount src + run main.py        mpyfleet mount . + exec "import app"
A soft reset in the REPL (Ctrl-D) mounts it again after main.py. At the end it is taken off the board, and the current folder is the one from before.
The board can only read, unless --write is given. Nothing outside the folder can be reached, also not by .. or a symbolic link.`;

export const RUN_DETAILS = `- reads the code from standard input. Status 1: the code raised an exception.
input() reads the keyboard, or lines from a pipe (one board only).`;
export const BROKER_DETAILS = `User and password: MPYFLEET_BROKER_USER and MPYFLEET_BROKER_PASSWORD, else they are generated and printed. "stop" and "status" are for brokers that this user has started on this computer; "status" ends with status 1 if none runs. "login" prints the login of one board at such a broker, "rules mosquitto" (or ejabberd) the access rules for a broker of your own.
"account" makes accounts at a mosquitto with the dynamic security plug-in, each with its own topics only, and prints the password:
  mpyfleet broker account board 7c9ebd1f --broker office        mpyfleet broker account person ann --broker office
"account remove NAME" ends one, and its connections at once. Your own login there needs the role "admin"; creating an account again renews its password.
With --ejabberd HOST the accounts are those of an ejabberd with the printed rules, made by ejabberdctl on this computer or by MPYFLEET_EJABBERDCTL:
  MPYFLEET_EJABBERDCTL="ssh broker sudo ejabberdctl" mpyfleet broker account board 7c9ebd1f --ejabberd boards.example`;
export const MACRO_DETAILS = `Macros are in fleet.json as "macros", and in a terminal of the window in the setting mpyFleet.macros:
  {"macros": {"temp": "import esp32; print(esp32.mcu_temperature())", "blink": {"file": "scripts/blink.py"}, "water": {"kept": "water.py"}}}
Code may be a list of lines. File paths are relative to the folder that contains .micropython/fleet.json.
  mpyfleet -b all macro temp`;
export const PUT_DETAILS = `REMOTE is a folder if it ends in / or is an existing folder; ":" is the board's current folder.
Each file is verified on the board before it replaces the old one. A copy of that is kept on this computer: "mpyfleet undo" restores it, and removes files that were new. --no-copy replaces without reading the old files first.
URL is http(s), or the page of a file at GitHub, GitLab or Codeberg. It is downloaded here, so the boards need no network; #sha256=HEX after it checks the download.
  mpyfleet put https://example.org/font.bin#sha256=5a29…a9d1 :/lib/
  mpyfleet url save font https://example.org/font.bin :/lib/ + -b all put url:font`;
export const WIPE_DETAILS = `No copy is kept: mpyfleet get -r : backup saves the files first. --force does not ask.
Cards and other mounted file systems stay. A board behind a broker keeps its agent, its settings and the lines that start it.`;
export const CP_DETAILS = `:PATH is on the boards of -b, NAME:PATH on the board of that name, ADDRESS::PATH on the board of that address; a path without a colon is local.
Copies of files that it replaces on boards are kept for "mpyfleet undo", as by put, also of those that ":FROM :TO" replaces.
  mpyfleet cp main.py lib.py :        mpyfleet cp kitchen:main.py 'rack[1-4]:'        mpyfleet cp :log.txt :log.old
${PATTERNS}`;
export const MV_DETAILS = `TO is a folder if it ends in / or is an existing folder.
An existing file is replaced. A copy of that is kept on this computer: "mpyfleet undo" moves the files back and restores it. --no-copy replaces without reading the old file first.`;
export const EDIT_DETAILS = `A copy of the old text is kept on this computer: "mpyfleet undo" restores it. --no-copy writes without that. A new file stays.`;
export const UNDO_DETAILS = `Replaced and removed files come back, moved ones move back, and new ones are removed. Files that have changed since stay as they are.
The last ten of these of each board can be undone, the latest first. --no-copy of a command leaves it out.`;
export const FLASH_DETAILS = `The chip, its flash and its revision are checked before anything is erased; --baud is the fastest speed to try.
  mpyfleet flash ESP32_GENERIC_S3           mpyfleet flash /dev/ttyUSB0 ESP32_GENERIC@1.25.0 --erase
  mpyfleet flash firmware.uf2               mpyfleet flash https://example.org/firmware.bin
Files on the board stay unless --erase is given. --backup FOLDER saves them first, and a board whose files cannot be read is then not flashed:
  mpyfleet flash /dev/ttyUSB0 ESP32_GENERIC --erase --backup kitchen`;
export const PROVISION_DETAILS = `TEMPLATE is a *.board-template.yaml (docs/setup.md). Plug a board in, wait for its line, plug in the next one; eight at once.
-b names the ports of the line. Without it, the line uses every port that appears from now on, and ignores those that exist already.
  mpyfleet provision sensor.board-template.yaml                            mpyfleet provision sensor.board-template.yaml -b '/dev/ttyUSB[0-7]' --count 30
Writes sensor.made.csv, sensor.made.json, sensor.labels.txt and sensor.keys.json (or MPYFLEET_KEYS) into the current folder. A board that failed continues when it is plugged in again; --force also sets up finished ones again.
{secret:NAME} is the variable MPYFLEET_SECRET_NAME, or is asked for if that is not set. The line stops when boards fail in the same way one after another.`;
export const CONFIG_DETAILS = `--file takes a document in YAML or JSON, such as "config get" prints; what it leaves out does not change.
  mpyfleet -b kitchen config set telemetry=30 'tags=[lab, door]'        mpyfleet -b tag:lab config diff --file lab.yaml
{name}, {n}, {n:2}, {platform} and {uid} stand for each board's own, {secret:NAME} for the password in MPYFLEET_SECRET_NAME, which is asked for if that is not set.
Boards restart to try new Wi-Fi or broker settings, and restore the old ones if they cannot connect. "diff" ends with status 1 if a board differs.`;
export const AGENT_DETAILS = `"put" works over a cable or WebREPL; the key of each board goes to the file that MPYFLEET_KEYS names, else to keys.json of the user.
  mpyfleet -b /dev/ttyUSB0 agent put --broker office --wifi lab        mpyfleet -b all agent update --waves 1,10%,50% --stop-at 5% --wait 3600
"update" and "firmware" work over the air. A board counts as updated once it has confirmed its new copy, about a minute after its start. If it cannot, it reverts to the old one.
"update --dry-run" shows which boards have an older agent. "firmware" takes the image for updates (.app-bin), a file or an address. "remove" needs --force, and so does "put" over ws:// and telnet, where anyone on the network can read the board's new key.
"update MANIFEST" and "put MANIFEST" take a signed release (docs/agent.md), an address or a file, if a key in MPYFLEET_UPDATE_KEYS has signed it; "firmware" takes the signed manifest of an image. With such keys, other images need --force.
"freeze FOLDER" writes a manifest.py and the agent, for a firmware of your own that contains it.`;
export const NEARBY_DETAILS = `A board with the setting accessPoint opens a Wi-Fi network after power-on if it has no network. Its page sets Wi-Fi and broker.
  mpyfleet -b kitchen config set accessPoint=60        mpyfleet nearby        mpyfleet nearby mpyfleet-a0b1c2d3e4f5
The password is derived from the admin key of the board. It is shown if this computer has the key.`;
export const LOG_DETAILS = `With --level, --logger, --since or --until it prints the log of boards with the agent: first the stored records, then new ones, until --until, --timeout or Ctrl-C.
  mpyfleet -b tag:lab log --level warning        mpyfleet -b kitchen log --since 2h --until 0s --logger app
The level from which a board logs is a setting: mpyfleet config set log=debug.`;
export const KEYS_DETAILS = `"add" gives a person a key of their own on every board, "renew NAME" another one, "revoke" ends it, also on boards that are away.
  mpyfleet -b all keys add ann --role operator --file ann.keys        mpyfleet -b all keys revoke ann
"renew" without a name gives the boards a new admin key; all keys that were given before become invalid. "export" seals the keys of this computer.
The passphrase of a file is in MPYFLEET_PASSPHRASE, or is asked for. "import" adds keys to the file that MPYFLEET_KEYS names, else to keys.json of the user.`;
export const COMPLETION_DETAILS = `bash: add  eval "$(mpyfleet completion bash)"  to ~/.bashrc
zsh:  add  eval "$(mpyfleet completion zsh)"  to ~/.zshrc, after compinit
fish: mpyfleet completion fish > ~/.config/fish/completions/mpyfleet.fish
PowerShell: add  mpyfleet completion powershell | Out-String | Invoke-Expression  to $PROFILE`;

export const APP_DETAILS = `An app is a folder with app.json (docs/apps.md). "new" creates one that runs immediately.
"deploy" sends what a board does not have yet and restarts it; "list" shows what runs, what is on trial, and what did not stay up.
"assign" records what the boards of -b (names, tag:T, @group) should run; --ref latest follows the branch that is checked out. "list" then shows boards that differ, "apply" deploys to them.
"set" changes the intervals of the app that runs (worker, management, sleep), in seconds. "awake" keeps a sleeping board awake for this number of seconds, from now or from its next wake-up.
  mpyfleet -b kitchen app set worker=5        mpyfleet -b logger app awake 600
  mpyfleet -b tag:lab app assign blinky --ref latest + -b tag:lab app apply
  mpyfleet app new blinky + -b 'shelf-*' app deploy blinky        mpyfleet -b kitchen app deploy blinky --ref v1.2`;
export const SERVE_DETAILS = `Listens on this computer only, with an API key: MPYFLEET_API_KEY, else one that it makes and keeps. It also collects messages, like "watch".
  curl -X POST http://127.0.0.1:8266/api/web/v1/msg/worker/get -H 'Content-Type: application/json' -d '{"tid": "kitchen", "from": 1767225600, "to": 1767312000, "apikey": "…"}'
The other calls are msg/management/new (tid, msg) and msg/management/get (tid, mid). tid is the name or the unique id of a board.`;
export const SCRIPT_DETAILS = `"run" runs a local file once and leaves nothing on the board. "install" makes it the program that the board starts with; the previous one is kept as /main.before.py.
mpyfleet log shows its output. "keep" keeps a script for use from any folder, as kept:NAME instead of a file; VS Code shows the same.
  mpyfleet -b kitchen script run test.py        mpyfleet -b 'shelf-*' script install water.py        mpyfleet -b kitchen script restart`;
export const SCHEDULE_DETAILS = `Without --on-board, mpyfleet watch runs the command on this computer; -b and other options before it are the command's. With --on-board, the board runs a file by its own clock, without a computer.
  mpyfleet -b lab schedule add morning --cron '30 7 * * 1-5' run water.py
  mpyfleet -b lab schedule add hourly --every 3600 --missed run message send report
  mpyfleet -b kitchen schedule add blink --every 60 --on-board blink.py
"list" shows the last and the next run; with -b also those of boards.`;
export const SHARE_DETAILS = `Colleagues see it as a board at the broker: REPL, run, files, sync, packages, soft reset. Their work waits while this computer uses it, and never stops a running program.
  mpyfleet share /dev/ttyACM0 --broker office                  mpyfleet share kitchen --broker office --role viewer
--role prints the key for colleagues: viewer may look, operator also reads files and restarts, admin also runs code and changes files.
MPYFLEET_SHARE_USER and MPYFLEET_SHARE_PASSWORD are the board's login at a broker whose rules let only boards announce themselves (docs/broker.md).`;
