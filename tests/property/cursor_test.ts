/** A state does as its specification says, command by command. */

import { testCommands } from "./check.ts";
import { CURSOR_COMMANDS, cursorSetUp } from "./cursor_commands.ts";

for (const gaps of [true, false]) {
  testCommands(
    `property: a state does as its specification says, gaps ${gaps}`,
    CURSOR_COMMANDS,
    () => cursorSetUp(gaps),
    { runs: 400, commands: 150 },
  );
}
