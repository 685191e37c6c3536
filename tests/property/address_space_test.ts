/** The address space is what one kept page by page is, command by command. */

import { spaceSetUp, UNWRITTEN_COMMANDS, WRITTEN_COMMANDS } from "./address_space_commands.ts";
import { testCommands } from "./check.ts";

testCommands(
  "property: the address space is what one kept page by page is",
  UNWRITTEN_COMMANDS,
  spaceSetUp,
  { runs: 400, commands: 80 },
);

testCommands(
  "property: with writes and forks, the address space still is",
  WRITTEN_COMMANDS,
  spaceSetUp,
  { runs: 400, commands: 80 },
);
