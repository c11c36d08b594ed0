# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one scenario in a shell of its own: case.sh NAME.
#
# A scenario is a list of *points*; a command that fails fails the point it stands in, and with it
# the scenario. The line that failed is quoted in the report, with the last lines of the output.

set -eu
NAME=$1
SCRIPT=/ferrite/scenarios/$NAME.sh
. /ferrite/lib.sh
trap 'leave $? $LINENO' EXIT
. "$SCRIPT"
end_point
