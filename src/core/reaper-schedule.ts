/** When a reaper counts as silent: it last succeeded this many sweeps ago. */
export const MISSED_SWEEPS = 3
/** For reapers that are started one by one, by a schedule that is not known here. */
export const SINGLE_SWEEP_SECONDS = 3600
