// @ts-check
/**
 * How long each program that the set-up starts may take, in milliseconds. The table is apart from src/core/limits because
 * the set-up also runs on Node 18, which reads no TypeScript.
 */
const MINUTE = 60_000

export const SETUP_LIMITS_MS = {
  /** `node --version`, `nvidia-smi -L` and an interpreter that says its version. */
  look: 15_000,
  /** The first import of PyTorch reads gigabytes from a cold disk. The first load of a native module reads megabytes. */
  load: 3 * MINUTE,
  npmInstall: 15 * MINUTE,
  buildDashboard: 5 * MINUTE,
  aptGet: 15 * MINUTE,
  /** PyTorch with CUDA is several GB. */
  pythonPackages: 60 * MINUTE,
}
