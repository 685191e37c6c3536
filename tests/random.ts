/** The random numbers of the tests are those of everything else. */

export { Random } from "../src/random.ts";
