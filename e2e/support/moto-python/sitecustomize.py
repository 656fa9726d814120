"""Python runs this before moto, and it leaves out what would take moto a second at a time."""
import gc
import importlib.abc
import importlib.machinery
import json
import sys

# Collecting garbage among all that moto has loaded.
gc.disable()

# Of the 1500 policies that AWS keeps in every account, those that tests use: each reset of moto makes all of them anew.
USED = ("AdministratorAccess", "AmazonSSMManagedInstanceCore")


class UsedPolicies(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "moto.iam.aws_managed_policies":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def load_used(module):
            load(module)
            policies = json.loads(module.aws_managed_policies_data)
            module.aws_managed_policies_data = json.dumps({name: policies[name] for name in USED})

        spec.loader.exec_module = load_used
        return spec


sys.meta_path.insert(0, UsedPolicies())
