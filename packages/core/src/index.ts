export * from './errors.ts';
export * from './reasons.ts';
export * from './record-types.ts';
export * from './source-config.ts';
