import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{h as a,i as b,j as c}from"./chunk-54SCJSDS.mjs";import"./chunk-LUVJIQAZ.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-7NOCCQUO.mjs";import"./chunk-LQTQPWY5.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
