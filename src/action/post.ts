/** The Action's post step, as action.yml names it: bundled into dist/action/. */
import * as toolkit from '@actions/core'
import { runPost } from './action.ts'

await runPost({ toolkit, env: process.env })
process.exit()
