-- app_settings stays a table of the coordinator.
SELECT create_reference_table('countries');
SELECT create_distributed_table('companies', 'id');
SELECT create_distributed_table('campaigns', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('ads', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('clicks', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('accounts', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('entries', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('coupons', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('imports', 'company_id', colocate_with => 'companies');
SELECT create_distributed_table('samples', 'company_id', colocate_with => 'companies');
