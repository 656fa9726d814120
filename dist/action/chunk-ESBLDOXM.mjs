import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{a,b}from"./chunk-TE6QC2AJ.mjs";import"./chunk-6GTRTUQ5.mjs";import"./chunk-HU6RHEPT.mjs";import"./chunk-LQTQPWY5.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
