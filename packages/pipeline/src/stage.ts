export const STAGES = ['fetch', 'diff', 'guard', 'apply'] as const;
export type Stage = (typeof STAGES)[number];

export const nextStage = (stage: Stage): Stage | null => STAGES[STAGES.indexOf(stage) + 1] ?? null;
