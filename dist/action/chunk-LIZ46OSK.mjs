import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-4PFWOVYE.mjs";import"./chunk-U76BT7RM.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-7TXJF7NH.mjs";import"./chunk-LQTQPWY5.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
