const swc = [
  '@swc/jest',
  { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
];

/** Workspace packages resolve to their sources, so that tests need no build. */
const base = {
  rootDir: '.',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '^.+\\.tsx?$': swc },
  moduleNameMapper: {
    '^@rollbook/(core|pipeline|queue|sources|store|runtime|sandbox)$': '<rootDir>/packages/$1/src/index.ts',
    '^@rollbook/(server|worker|cli)$': '<rootDir>/apps/$1/src/index.ts',
  },
};

export default {
  // Jest would keep a core for itself; these tests mostly wait for servers and processes of their own.
  maxWorkers: '100%',
  // Hooks that copy a database wait for the disk of whatever machine this is.
  testTimeout: 30_000,
  projects: [
    {
      ...base,
      displayName: 'pure',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts', '<rootDir>/apps/*/src/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.service\\.test\\.ts$'],
    },
    {
      ...base,
      displayName: 'services',
      testMatch: ['<rootDir>/{packages,apps}/*/src/**/*.service.test.ts', '<rootDir>/tests/**/*.test.ts'],
      globalSetup: '<rootDir>/tests/services.ts',
      setupFilesAfterEnv: ['<rootDir>/tests/notices.ts'],
    },
  ],
};
