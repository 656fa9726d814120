/** The Action's post step, as action.yml names it: bundled into dist/action/. */
import * as toolkit from '@actions/core'
import { surviveClosedOutput } from '../system/closed-output.ts'
import { runPost } from './action.ts'

surviveClosedOutput()
await runPost({ toolkit, env: process.env })
process.exit()
