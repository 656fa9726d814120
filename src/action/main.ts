/** The Action's step, as action.yml names it: bundled into dist/action/. */
import * as toolkit from '@actions/core'
import { runAction } from './action.ts'

await runAction({ toolkit, env: process.env })
process.exit()
