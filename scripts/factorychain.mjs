#!/usr/bin/env node
// The command `factorychain`, wherever it is called from.
import { main } from "./launch.mjs";

await main("factorychain", process.argv.slice(2));
